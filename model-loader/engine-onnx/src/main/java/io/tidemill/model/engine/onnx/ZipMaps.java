package io.tidemill.model.engine.onnx;

import io.tidemill.model.engine.onnx.ProtoFields.Writer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The nodes with which scikit-learn's converter makes a dictionary of each row's scores, by class.
 * The scores are there before, as a tensor with a column for each class; the graph that {@link
 * #without} answers hands it out in their place.
 *
 * <p>Immutable and thread-safe.
 *
 * @param maps in the order of the file
 * @param hasOperators whether the file says which of ONNX's own operators it uses
 */
record ZipMaps(List<ZipMap> maps, boolean hasOperators) {
  private static final String OPERATOR = "ZipMap";

  // Numbers of fields of ONNX's messages.
  private static final int MODEL_GRAPH = 7;
  private static final int MODEL_OPERATORS = 8;
  private static final int GRAPH_NODE = 1;
  private static final int GRAPH_OUTPUT = 12;

  private static final int FLOAT = 1;
  private static final long OPERATOR_SET = 13;

  ZipMaps {
    maps = List.copyOf(maps);
  }

  /**
   * One of them.
   *
   * @param input the tensor of scores
   * @param output the dictionaries
   * @param classes in the order of the tensor's columns
   */
  record ZipMap(String input, String output, List<String> classes) {
    ZipMap {
      classes = List.copyOf(classes);
    }

    /** Hands the tensor through under the name of the dictionaries. */
    Writer node() {
      return new Writer().text(1, input).text(2, output).text(3, output).text(4, "Identity");
    }

    /** The tensor as an output. */
    Writer value() {
      Writer shape =
          new Writer()
              .message(1, new Writer().text(2, "rows"))
              .message(1, new Writer().number(1, classes.size()));
      Writer tensor = new Writer().number(1, FLOAT).message(2, shape);
      return new Writer().text(1, output).message(2, new Writer().message(1, tensor));
    }
  }

  /**
   * Those of a file; none if it is no ONNX, of which its engine says what is wrong.
   *
   * @throws IOException if it cannot be read
   */
  static ZipMaps of(Path file) throws IOException {
    List<ZipMap> maps = new ArrayList<>();
    boolean hasOperators = false;
    try {
      for (ProtoFields model = new ProtoFields(ProtoFields.map(file)); model.next(); ) {
        hasOperators |=
            model.isBytes(MODEL_OPERATORS) && ProtoFields.text(model.content(), 1).isEmpty();
        if (model.isBytes(MODEL_GRAPH)) {
          for (ProtoFields graph = new ProtoFields(model.content()); graph.next(); ) {
            if (graph.isBytes(GRAPH_NODE)) {
              zipMap(graph.content()).ifPresent(maps::add);
            }
          }
        }
      }
    } catch (IllegalArgumentException noOnnx) {
      return new ZipMaps(List.of(), true);
    }
    return new ZipMaps(maps, hasOperators);
  }

  private static Optional<ZipMap> zipMap(ByteBuffer node) {
    if (!ProtoFields.text(node, 4).equals(OPERATOR)) {
      return Optional.empty();
    }
    List<String> classes = new ArrayList<>();
    for (ProtoFields fields = new ProtoFields(node.duplicate()); fields.next(); ) {
      if (fields.isBytes(5)) {
        addClasses(fields.content(), classes);
      }
    }
    return classes.isEmpty()
        ? Optional.empty()
        : Optional.of(new ZipMap(ProtoFields.text(node, 1), ProtoFields.text(node, 2), classes));
  }

  private static void addClasses(ByteBuffer attribute, List<String> classes) {
    if (ProtoFields.text(attribute, 1).startsWith("classlabels_")) {
      for (ProtoFields fields = new ProtoFields(attribute); fields.next(); ) {
        if (fields.isBytes(9)) {
          classes.add(fields.text());
        } else if (fields.field() == 8) {
          fields.numbers(number -> classes.add(String.valueOf(number)));
        }
      }
    }
  }

  /**
   * The bytes of the file with tensors in the place of dictionaries.
   *
   * @throws IOException if it cannot be read
   */
  byte[] without(Path file) throws IOException {
    Writer changed = new Writer();
    if (!hasOperators) {
      changed.message(MODEL_OPERATORS, new Writer().number(2, OPERATOR_SET));
    }
    for (ProtoFields model = new ProtoFields(ProtoFields.map(file)); model.next(); ) {
      if (model.isBytes(MODEL_GRAPH)) {
        changed.message(MODEL_GRAPH, graph(model.content()));
      } else {
        changed.raw(model.raw());
      }
    }
    return changed.bytes();
  }

  private Writer graph(ByteBuffer graph) {
    Writer changed = new Writer();
    for (ProtoFields fields = new ProtoFields(graph); fields.next(); ) {
      if (fields.isBytes(GRAPH_NODE) && zipMap(fields.content()).isPresent()) {
        changed.message(GRAPH_NODE, zipMap(fields.content()).orElseThrow().node());
      } else if (fields.isBytes(GRAPH_OUTPUT)) {
        String output = ProtoFields.text(fields.content(), 1);
        maps.stream()
            .filter(map -> map.output().equals(output))
            .findFirst()
            .ifPresentOrElse(
                map -> changed.message(GRAPH_OUTPUT, map.value()), () -> changed.raw(fields.raw()));
      } else {
        changed.raw(fields.raw());
      }
    }
    return changed;
  }
}
