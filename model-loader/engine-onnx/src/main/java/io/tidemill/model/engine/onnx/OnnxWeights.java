package io.tidemill.model.engine.onnx;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.engine.NamedPath;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds the files beside an .onnx file that hold its weights. Exporters write them as a matter of
 * course, and the model is not whole without them.
 *
 * <p>It walks the protocol buffer by its field numbers and skips all but the tensors' locations.
 *
 * <p>Not thread-safe.
 */
final class OnnxWeights {
  private static final int DEEPEST = 100;
  private static final Map<Message, Map<Integer, Message>> FIELDS =
      new EnumMap<>(
          Map.of(
              Message.MODEL, Map.of(7, Message.GRAPH, 25, Message.FUNCTION),
              Message.FUNCTION, Map.of(7, Message.NODE),
              Message.GRAPH, Map.of(1, Message.NODE, 5, Message.TENSOR, 15, Message.SPARSE),
              Message.NODE, Map.of(5, Message.ATTRIBUTE),
              Message.ATTRIBUTE,
                  Map.of(
                      5, Message.TENSOR,
                      6, Message.GRAPH,
                      10, Message.TENSOR,
                      11, Message.GRAPH,
                      22, Message.SPARSE,
                      23, Message.SPARSE),
              Message.SPARSE, Map.of(1, Message.TENSOR, 2, Message.TENSOR),
              Message.TENSOR, Map.of(13, Message.ENTRY),
              Message.ENTRY, Map.of()));

  private final Set<String> locations = new TreeSet<>();

  private OnnxWeights() {}

  private enum Message {
    MODEL,
    FUNCTION,
    GRAPH,
    NODE,
    ATTRIBUTE,
    SPARSE,
    TENSOR,
    ENTRY
  }

  /**
   * Their paths, relative to the folder of the model. What is no ONNX has none: its engine says
   * what is wrong with it.
   *
   * @throws InvalidModelException if one is not there, or outside of that folder
   * @throws IOException if the model cannot be read
   */
  static Set<String> of(Path model) throws IOException {
    OnnxWeights files = new OnnxWeights();
    try {
      files.read(Message.MODEL, ProtoFields.map(model), 0);
    } catch (IllegalArgumentException noOnnx) {
      return Set.of();
    }
    Path folder = model.toAbsolutePath().normalize().resolveSibling("");
    for (String location : files.locations) {
      if (new NamedPath(folder, location)
          .inside()
          .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
          .isEmpty()) {
        throw new InvalidModelException(
            "%s: its weights are in '%s' (expected: a file beside it, as onnx.save_model and torch.onnx.export write it)"
                .formatted(model, location));
      }
    }
    return files.locations;
  }

  private void read(Message message, ByteBuffer bytes, int depth) {
    if (depth > DEEPEST) {
      throw new IllegalArgumentException("deeper than " + DEEPEST);
    }
    String key = "";
    String value = "";
    for (ProtoFields fields = new ProtoFields(bytes); fields.next(); ) {
      if (fields.hasBytes()) {
        Message child = FIELDS.getOrDefault(message, Map.of()).get(fields.field());
        if (child != null) {
          read(child, fields.content(), depth + 1);
        } else if (message == Message.ENTRY) {
          key = fields.field() == 1 ? fields.text() : key;
          value = fields.field() == 2 ? fields.text() : value;
        }
      }
    }
    if (message == Message.ENTRY && key.equals("location")) {
      locations.add(value);
    }
  }
}
