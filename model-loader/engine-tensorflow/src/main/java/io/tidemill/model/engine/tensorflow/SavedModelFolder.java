package io.tidemill.model.engine.tensorflow;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Signature;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;

/**
 * A SavedModel and what it says of itself in {@code saved_model.pb}; the native library is not
 * needed.
 *
 * <p>Immutable and thread-safe.
 *
 * @param subject what messages begin with
 * @param path the folder with that file
 */
record SavedModelFolder(String subject, Path path, SavedModel content) {
  private static final String FILE = "saved_model.pb";
  private static final String VARIABLES = "variables";
  private static final Pattern VALUES = Pattern.compile("variables\\.data-\\d{5}-of-\\d{5}");
  private static final int DIGITS = 5;
  private static final String SERVE = "serve";
  static final String PREFERRED = "serving_default";
  private static final String INTERNAL_PREFIX = "__saved_model";

  static boolean is(Path path) {
    return Files.isRegularFile(path.resolve(FILE));
  }

  /**
   * Reads the SavedModel that a folder is, or the only one in it.
   *
   * @throws InvalidModelException if there is none, or more than one
   */
  static SavedModelFolder read(String subject, Path files) {
    Path folder = find(subject, files);
    try (InputStream bytes = Files.newInputStream(folder.resolve(FILE))) {
      return new SavedModelFolder(subject, folder, SavedModel.parseFrom(bytes));
    } catch (IOException malformed) {
      throw new InvalidModelException(
          "%s: TensorFlow cannot load %s: not a SavedModel: %s"
              .formatted(subject, folder.resolve(FILE), malformed.getMessage()),
          malformed);
    }
  }

  private static Path find(String subject, Path files) {
    if (is(files)) {
      return files;
    }
    try (Stream<Path> children = Files.list(files)) {
      List<Path> found = children.filter(SavedModelFolder::is).toList();
      if (found.size() == 1) {
        return found.get(0);
      }
      throw new InvalidModelException(
          "%s: %d folders with a %s in %s (expected: 1; publish the folder that TensorFlow exported)"
              .formatted(subject, found.size(), FILE, files));
    } catch (IOException unreadable) {
      throw new InvalidModelException(
          "%s: no folder that can be read: %s (expected: the folder that TensorFlow exported)"
              .formatted(subject, files),
          unreadable);
    }
  }

  /** The graph that is served. */
  MetaGraphDef serving() {
    return content.getMetaGraphsList().stream()
        // TensorFlow takes the tags as a set: one that is there twice counts once.
        .filter(graph -> Set.copyOf(graph.getMetaInfoDef().getTagsList()).equals(Set.of(SERVE)))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidModelException(
                    "%s: no graph with the tag '%s' and no other (expected: one)"
                        .formatted(subject, SERVE)));
  }

  private NavigableMap<String, SignatureDef> signatures() {
    NavigableMap<String, SignatureDef> signatures = new TreeMap<>(serving().getSignatureDefMap());
    signatures.keySet().removeIf(name -> name.startsWith(INTERNAL_PREFIX));
    return signatures;
  }

  /** The signature of this name. */
  ServedSignature named(String name) {
    NavigableMap<String, SignatureDef> signatures = signatures();
    SignatureDef named = signatures.get(name);
    if (named == null) {
      throw new InvalidModelException(
          "%s: no signature '%s' (expected: one of %s)"
              .formatted(subject, name, signatures.keySet()));
    }
    return new ServedSignature(name, named);
  }

  /** The signature that is served unless another one is asked for. */
  ServedSignature preferred() {
    return preferred(signatures());
  }

  /**
   * The signature that a manifest's was made of.
   *
   * @throws InvalidModelException if there is none that it names, or that one is for something else
   */
  ServedSignature madeInto(Signature manifest) {
    if (!manifest.name().isEmpty()) {
      ServedSignature named = named(manifest.name());
      String method = named.definition().getMethodName();
      if (!method.equals(manifest.method())) {
        throw new InvalidModelException(
            "%s: signature '%s' has method '%s' (expected: '%s', as in the manifest)"
                .formatted(subject, manifest.name(), method, manifest.method()));
      }
      return named;
    }
    NavigableMap<String, SignatureDef> candidates = signatures();
    if (candidates.values().stream().filter(one -> names(manifest, one)).count() == 1) {
      // Only one has these tensors: the manifest was made of it, whatever its name.
      candidates.values().removeIf(one -> !names(manifest, one));
    }
    return preferred(candidates);
  }

  private ServedSignature preferred(NavigableMap<String, SignatureDef> candidates) {
    SignatureDef preferred = candidates.get(PREFERRED);
    if (preferred != null) {
      return new ServedSignature(PREFERRED, preferred);
    }
    if (candidates.size() == 1) {
      Map.Entry<String, SignatureDef> only = candidates.firstEntry();
      return new ServedSignature(only.getKey(), only.getValue());
    }
    throw new InvalidModelException(
        "%s: signatures of the SavedModel: %s (expected: one named '%s', only one, or a choice by name)"
            .formatted(subject, candidates.keySet(), PREFERRED));
  }

  /**
   * What the loader and calls of a signature run.
   *
   * @throws InvalidModelException if calls read variables whose values are not here
   */
  SavedModelOperations operations(Signature manifest) {
    SavedModelOperations operations =
        new SavedModelOperations(serving(), madeInto(manifest), manifest);
    if (operations.needVariables()) {
      checkVariables();
    }
    return operations;
  }

  /**
   * Every name of a file of values says how many there are; an earlier export may have left some.
   */
  private void checkVariables() {
    require("variables.index");
    String[] values =
        path.resolve(VARIABLES).toFile().list((folder, name) -> VALUES.matcher(name).matches());
    Set<String> names = values == null ? Set.of() : new TreeSet<>(Arrays.asList(values));
    Stream<String> expected = values(1);
    for (String name : names) {
      int files = Integer.parseInt(name.substring(name.length() - DIGITS));
      if (values(files).allMatch(names::contains)) {
        return;
      }
      expected = values(files);
    }
    expected.forEach(this::require);
  }

  private static Stream<String> values(int files) {
    return IntStream.range(0, files)
        .mapToObj(file -> "variables.data-%05d-of-%05d".formatted(file, files));
  }

  private void require(String name) {
    Path file = path.resolve(VARIABLES).resolve(name);
    if (!Files.isRegularFile(file)) {
      throw new InvalidModelException(
          "%s: %s is not there, and the model has variables (expected: the whole folder that TensorFlow exported)"
              .formatted(subject, file));
    }
  }

  private static boolean names(Signature signature, SignatureDef candidate) {
    return Set.copyOf(signature.inputNames()).equals(candidate.getInputsMap().keySet())
        && signature.outputs().stream()
            .allMatch(spec -> candidate.getOutputsMap().containsKey(spec.name()));
  }
}
