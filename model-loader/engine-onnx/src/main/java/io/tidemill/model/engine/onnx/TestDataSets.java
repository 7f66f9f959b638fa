package io.tidemill.model.engine.onnx;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.engine.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The calls that ONNX's own tools keep beside a model: folders {@code test_data_set_0}, {@code _1}
 * and so on with a {@code TensorProto} for each input of the graph, {@code input_0.pb} first.
 *
 * @param model the .onnx file
 */
record TestDataSets(Path model) {
  private static final String PREFIX = "test_data_set_";
  private static final Pattern NAME = Pattern.compile(PREFIX + "\\d{1,9}");

  // Numbers of fields of ONNX's messages.
  private static final int MODEL_GRAPH = 7;
  private static final int GRAPH_WEIGHTS = 5;
  private static final int GRAPH_INPUT = 11;
  private static final int INPUT_NAME = 1;
  private static final int WEIGHTS_NAME = 8;

  /**
   * The first rows, as {@link Engine#samples} answers them.
   *
   * @throws InvalidModelException if a file is damaged, or not what the model takes
   * @throws IOException if one cannot be read
   */
  List<Map<String, Object>> rows(Signature signature) throws IOException {
    List<Path> sets;
    try (Stream<Path> beside = Files.list(model.toAbsolutePath().resolveSibling(""))) {
      sets =
          beside
              .filter(path -> NAME.matcher(String.valueOf(path.getFileName())).matches())
              .filter(path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
              .sorted(Comparator.comparingInt(TestDataSets::number))
              .toList();
    }
    List<Map<String, Object>> rows = new ArrayList<>();
    List<String> inputs = sets.isEmpty() ? List.of() : inputs();
    for (Path set : sets) {
      if (rows.size() < Engine.SAMPLE_ROWS) {
        addRows(set, inputs, signature, rows);
      }
    }
    return rows.subList(0, Math.min(Engine.SAMPLE_ROWS, rows.size()));
  }

  private static int number(Path set) {
    return Integer.parseInt(String.valueOf(set.getFileName()).substring(PREFIX.length()));
  }

  /** The graph's inputs in order, without weights, which older files have among them. */
  private List<String> inputs() throws IOException {
    List<String> inputs = new ArrayList<>();
    List<String> weights = new ArrayList<>();
    for (ProtoFields fields = new ProtoFields(ProtoFields.map(model)); fields.next(); ) {
      if (fields.isBytes(MODEL_GRAPH)) {
        for (ProtoFields graph = new ProtoFields(fields.content()); graph.next(); ) {
          if (graph.isBytes(GRAPH_INPUT)) {
            inputs.add(ProtoFields.text(graph.content(), INPUT_NAME));
          } else if (graph.isBytes(GRAPH_WEIGHTS)) {
            weights.add(ProtoFields.text(graph.content(), WEIGHTS_NAME));
          }
        }
      }
    }
    inputs.removeAll(weights);
    return inputs;
  }

  private static void addRows(
      Path set, List<String> inputs, Signature signature, List<Map<String, Object>> rows)
      throws IOException {
    Map<String, TensorFile> tensors = new LinkedHashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      String name = inputs.get(i);
      Path file = set.resolve("input_%d.pb".formatted(i));
      Optional<TensorSpec> spec =
          signature.inputs().stream().filter(one -> one.name().equals(name)).findFirst();
      if (spec.isPresent() && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        tensors.put(name, read(file, spec.get()));
      }
    }
    int count = tensors.values().stream().mapToInt(TensorFile::rows).min().orElse(0);
    for (int row = 0; row < Math.min(count, Engine.SAMPLE_ROWS); row++) {
      Map<String, Object> record = new LinkedHashMap<>();
      for (Map.Entry<String, TensorFile> tensor : tensors.entrySet()) {
        record.put(tensor.getKey(), tensor.getValue().row(row));
      }
      rows.add(record);
    }
  }

  private static TensorFile read(Path file, TensorSpec spec) throws IOException {
    long bytes = Files.size(file);
    if (bytes > TensorFile.MOST_BYTES) {
      throw new InvalidModelException(
          "%s: %d bytes (expected: at most %d)".formatted(file, bytes, TensorFile.MOST_BYTES));
    }
    try {
      TensorFile tensor = TensorFile.of(ProtoFields.map(file));
      if (tensor.type() != spec.type()) {
        throw new IllegalArgumentException("elements of " + tensor.type().label());
      }
      return tensor;
    } catch (IllegalArgumentException malformed) {
      throw new InvalidModelException(
          "%s: %s (expected: a TensorProto for %s)".formatted(file, malformed.getMessage(), spec),
          malformed);
    }
  }
}
