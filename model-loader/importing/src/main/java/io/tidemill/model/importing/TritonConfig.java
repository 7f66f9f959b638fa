package io.tidemill.model.importing;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a {@code config.pbtxt} of Triton says.
 *
 * @param backend the platform or backend; empty if neither is said
 * @param file the model's file name where it is not the usual one; empty if it is not said
 * @param served the versions that Triton is to serve where it names them; else empty
 * @param warmup calls that it is warmed up with
 * @param signature null if no tensors are said
 */
record TritonConfig(
    Path path,
    String name,
    String backend,
    String file,
    List<String> served,
    TritonWarmup warmup,
    @Nullable DeclaredSignature signature) {
  TritonConfig {
    served = List.copyOf(served);
  }

  private static final long MOST_BYTES = 1 << 20;

  /** A name that says which argument of a TorchScript the tensor is. */
  private static final Pattern PLACED = Pattern.compile(".*__\\d{1,6}");

  /** What Triton takes for granted where there is no such file. */
  static TritonConfig absent(Path path) {
    return new TritonConfig(path, "", "", "", List.of(), new TritonWarmup(path, List.of()), null);
  }

  static TritonConfig read(Path path) throws IOException {
    Map<String, List<Object>> config =
        new TextProto(path.toString(), new Listing(path).text(MOST_BYTES)).read();
    String platform = text(config, "platform");
    return new TritonConfig(
        path,
        text(config, "name"),
        platform.isEmpty() ? text(config, "backend") : platform,
        text(config, "default_model_filename"),
        served(config),
        new TritonWarmup(
            path.toAbsolutePath().resolveSibling(""),
            config.getOrDefault("model_warmup", List.of())),
        signature(path, config));
  }

  private static List<String> served(Map<String, List<Object>> config) {
    Map<?, ?> specific = message(message(config, "version_policy"), "specific");
    return specific.get("versions") instanceof List<?> versions
        ? versions.stream().map(String::valueOf).toList()
        : List.of();
  }

  static Map<?, ?> message(Map<?, ?> parent, String field) {
    return parent.get(field) instanceof List<?> list
            && !list.isEmpty()
            && list.get(0) instanceof Map<?, ?> message
        ? message
        : Map.of();
  }

  private static @Nullable DeclaredSignature signature(
      Path path, Map<String, List<Object>> config) {
    if (!config.containsKey("input") || !config.containsKey("output")) {
      return null;
    }
    boolean batched = !List.of("", "0").contains(text(config, "max_batch_size"));
    Set<Long> rows = new TreeSet<>();
    try {
      Signature signature =
          new Signature(
              tensors(path, "input", config, batched, rows),
              tensors(path, "output", config, batched, rows));
      if (rows.size() > 1) {
        throw new IllegalArgumentException(
            "first sizes of its tensors: %s (expected: the same, which is the batch's)"
                .formatted(rows));
      }
      long batch = Math.max(0, rows.iterator().next());
      return new DeclaredSignature(
          "config.pbtxt", signature.inBatchesOf((int) Math.min(batch, Integer.MAX_VALUE)));
    } catch (IllegalArgumentException refused) {
      throw new InvalidModelException(
          "%s: %s; say inputs and outputs yourself".formatted(path, refused.getMessage()), refused);
    }
  }

  private static List<TensorSpec> tensors(
      Path path, String side, Map<String, List<Object>> config, boolean batched, Set<Long> rows) {
    List<TensorSpec> specs = new ArrayList<>();
    for (Object value : config.getOrDefault(side, List.of())) {
      if (!(value instanceof Map<?, ?> map)) {
        throw new InvalidModelException(
            "%s: %s is '%s' (expected: name, data_type and dims)".formatted(path, side, value));
      }
      String name = first(map.get("name"));
      String label = first(map.get("data_type"));
      ElementType type =
          type(label)
              .orElseThrow(
                  () ->
                      new InvalidModelException(
                          "%s: %s '%s' has type %s (expected: TYPE_FP16, TYPE_BF16, TYPE_FP32, TYPE_FP64, TYPE_INT8 to TYPE_INT64, TYPE_UINT8 to TYPE_UINT64, TYPE_BOOL or TYPE_STRING)"
                              .formatted(path, side, name, label)));
      List<Long> shape = new ArrayList<>();
      if (batched) {
        shape.add(-1L);
      }
      sizes(map).forEach(size -> shape.add(Long.valueOf(String.valueOf(size))));
      if (!shape.isEmpty()) {
        rows.add(shape.set(0, -1L));
      }
      specs.add(new TensorSpec(name, type, shape));
    }
    if (specs.stream().allMatch(spec -> PLACED.matcher(spec.name()).matches())) {
      specs.sort(Comparator.comparingInt(TritonConfig::place));
    }
    return specs;
  }

  /** Those of the model, which may differ from those that Triton shows. */
  private static List<?> sizes(Map<?, ?> tensor) {
    Map<?, ?> reshaped = message(tensor, "reshape");
    @Nullable Object sizes =
        tensor.containsKey("reshape") ? reshaped.get("shape") : tensor.get("dims");
    return sizes instanceof List<?> list ? list : List.of();
  }

  private static int place(TensorSpec spec) {
    return Integer.parseInt(spec.name().substring(spec.name().lastIndexOf('_') + 1));
  }

  static Optional<ElementType> type(String label) {
    return ElementType.ofLabel(
        label
            .replace("TYPE_BF", "bfloat")
            .replace("TYPE_FP", "float")
            .replace("TYPE_", "")
            .toLowerCase(Locale.ROOT));
  }

  private static String text(Map<String, List<Object>> message, String field) {
    return first(message.get(field));
  }

  static String first(@Nullable Object values) {
    return values instanceof List<?> list && !list.isEmpty() ? String.valueOf(list.get(0)) : "";
  }
}
