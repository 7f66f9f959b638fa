package io.tidemill.model.engine.tensorflow;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.SignatureReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.proto.TensorShapeProto;

/**
 * Reads what a SavedModel says of itself in {@code saved_model.pb}; the native library is not
 * needed. Inputs and outputs are in the order of their names.
 *
 * <p>Stateless and thread-safe.
 */
public final class SavedModelSignatureReader implements SignatureReader {
  private static final String ENGINE = "tensorflow";
  private static final String SAVED_MODEL = "saved_model.pb";
  private static final String SERVE = "serve";
  private static final String PREFERRED = "serving_default";
  private static final String INTERNAL_PREFIX = "__saved_model";

  @Override
  public String engine() {
    return ENGINE;
  }

  @Override
  public Signature read(Path files) {
    Path file = savedModel(files);
    return signature(file, choose(file, serving(file, parse(file)).getSignatureDefMap()));
  }

  @Override
  public Signature read(Path files, String name) {
    Path file = savedModel(files);
    Map<String, SignatureDef> all = serving(file, parse(file)).getSignatureDefMap();
    SignatureDef named = all.get(name);
    if (named == null || name.startsWith(INTERNAL_PREFIX)) {
      TreeMap<String, SignatureDef> there = new TreeMap<>(all);
      there.keySet().removeIf(other -> other.startsWith(INTERNAL_PREFIX));
      throw new InvalidModelException(
          "%s: no signature '%s' (expected: one of %s)".formatted(file, name, there.keySet()));
    }
    return signature(file, named);
  }

  @Override
  public List<String> differences(Path files, Signature given) {
    Path file = savedModel(files);
    return ServedSignature.choose(
            file.toString(), given, serving(file, parse(file)).getSignatureDefMap())
        .differences(given);
  }

  private static Signature signature(Path file, SignatureDef signature) {
    List<String> problems = new ArrayList<>();
    List<TensorSpec> inputs = tensors("input", signature.getInputsMap(), problems);
    List<TensorSpec> outputs = tensors("output", signature.getOutputsMap(), problems);
    if (!problems.isEmpty()) {
      throw new InvalidModelException(
          file + ": " + String.join("; ", problems) + "; export it with tensors that take a batch");
    }
    try {
      return new Signature(inputs, outputs);
    } catch (IllegalArgumentException incomplete) {
      throw new InvalidModelException(file + ": " + incomplete.getMessage(), incomplete);
    }
  }

  static Path savedModel(Path files) {
    if (Files.isRegularFile(files.resolve(SAVED_MODEL))) {
      return files.resolve(SAVED_MODEL);
    }
    try (Stream<Path> children = Files.list(files)) {
      List<Path> found =
          children.map(child -> child.resolve(SAVED_MODEL)).filter(Files::isRegularFile).toList();
      if (found.size() == 1) {
        return found.get(0);
      }
      throw new InvalidModelException(
          "%s: %d folders with a %s (expected: the folder that TensorFlow exported)"
              .formatted(files, found.size(), SAVED_MODEL));
    } catch (IOException unreadable) {
      throw new InvalidModelException(
          "%s: no folder that can be read (expected: the folder that TensorFlow exported)"
              .formatted(files),
          unreadable);
    }
  }

  static SavedModel parse(Path file) {
    try (InputStream bytes = Files.newInputStream(file)) {
      return SavedModel.parseFrom(bytes);
    } catch (IOException malformed) {
      throw new InvalidModelException(
          "%s: not a SavedModel: %s".formatted(file, malformed.getMessage()), malformed);
    }
  }

  static MetaGraphDef serving(Path file, SavedModel model) {
    return model.getMetaGraphsList().stream()
        .filter(graph -> graph.getMetaInfoDef().getTagsList().contains(SERVE))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidModelException(
                    "%s: no graph with the tag '%s' (expected: one)".formatted(file, SERVE)));
  }

  private static SignatureDef choose(Path file, Map<String, SignatureDef> all) {
    TreeMap<String, SignatureDef> candidates = new TreeMap<>(all);
    candidates.keySet().removeIf(name -> name.startsWith(INTERNAL_PREFIX));
    if (candidates.size() == 1) {
      return candidates.firstEntry().getValue();
    }
    SignatureDef preferred = candidates.get(PREFERRED);
    if (preferred == null) {
      throw new InvalidModelException(
          "%s: signatures %s (expected: one named '%s', only one, or a choice with --signature)"
              .formatted(file, candidates.keySet(), PREFERRED));
    }
    return preferred;
  }

  private static List<TensorSpec> tensors(
      String side, Map<String, TensorInfo> tensors, List<String> problems) {
    List<TensorSpec> specs = new ArrayList<>();
    new TreeMap<>(tensors)
        .forEach(
            (name, tensor) -> {
              Optional<ElementType> type = type(tensor.getDtype());
              if (type.isEmpty()) {
                problems.add(
                    "%s '%s' has type %s (expected: %s)"
                        .formatted(side, name, tensor.getDtype(), typeNames()));
                return;
              }
              try {
                specs.add(new TensorSpec(name, type.get(), shape(tensor.getTensorShape())));
              } catch (IllegalArgumentException refused) {
                problems.add(side + ": " + refused.getMessage());
              }
            });
    return specs;
  }

  private static List<Long> shape(TensorShapeProto shape) {
    return shape.getDimList().stream().map(TensorShapeProto.Dim::getSize).toList();
  }

  private static Optional<ElementType> type(DataType type) {
    return switch (type) {
      case DT_FLOAT -> Optional.of(ElementType.FLOAT32);
      case DT_DOUBLE -> Optional.of(ElementType.FLOAT64);
      case DT_INT32 -> Optional.of(ElementType.INT32);
      case DT_INT64 -> Optional.of(ElementType.INT64);
      case DT_UINT8 -> Optional.of(ElementType.UINT8);
      case DT_BOOL -> Optional.of(ElementType.BOOL);
      case DT_STRING -> Optional.of(ElementType.STRING);
      default -> Optional.empty();
    };
  }

  private static String typeNames() {
    return Stream.of(ElementType.values())
        .map(ElementType::label)
        .collect(Collectors.joining(", "));
  }
}
