package io.tidemill.pipelines.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.store.ModelFile;
import io.tidemill.model.store.ModelManifest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What differs between two versions: what is loaded, by which engine, with which signature, and the
 * labels. Name, version and time of publishing are not looked at.
 *
 * @param same whether nothing differs
 */
record ModelDiff(
    String left,
    String right,
    String leftDigest,
    String rightDigest,
    boolean same,
    List<Difference> differences) {

  /**
   * One thing that differs.
   *
   * @param kind {@code engine}, {@code input}, {@code output}, {@code calls}, {@code label} or
   *     {@code file}
   * @param name which one of its kind
   * @param left what the first version has; null if it has none
   * @param right what the second version has; null if it has none
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Difference(String kind, String name, @Nullable String left, @Nullable String right) {}

  static ModelDiff of(ModelManifest left, ModelManifest right) {
    List<Difference> all = new ArrayList<>();
    add(all, "engine", Map.of("", left.engine()), Map.of("", right.engine()));
    tensors(all, "input", left.signature().inputs(), right.signature().inputs());
    tensors(all, "output", left.signature().outputs(), right.signature().outputs());
    add(all, "calls", calls(left), calls(right));
    add(all, "label", left.labels(), right.labels());
    add(all, "file", files(left), files(right));
    return new ModelDiff(
        left.ref().toString(),
        right.ref().toString(),
        left.digest(),
        right.digest(),
        all.isEmpty(),
        all);
  }

  private static void tensors(
      List<Difference> all, String kind, List<TensorSpec> left, List<TensorSpec> right) {
    int before = all.size();
    add(all, kind, byName(left), byName(right));
    if (all.size() == before && !left.equals(right)) {
      all.add(new Difference(kind, "(order)", names(left), names(right)));
    }
  }

  private static Map<String, String> calls(ModelManifest manifest) {
    Map<String, String> calls = new LinkedHashMap<>();
    manifest.signature().notes().forEach(note -> calls.put(note, note));
    return calls;
  }

  private static Map<String, String> byName(List<TensorSpec> tensors) {
    Map<String, String> byName = new LinkedHashMap<>();
    tensors.forEach(tensor -> byName.put(tensor.name(), tensor.toString()));
    return byName;
  }

  private static String names(List<TensorSpec> tensors) {
    return String.join(", ", tensors.stream().map(TensorSpec::name).toList());
  }

  private static Map<String, String> files(ModelManifest manifest) {
    Map<String, String> files = new LinkedHashMap<>();
    for (ModelFile file : manifest.files()) {
      files.put(file.path(), "%,d bytes, sha256 %s".formatted(file.size(), file.sha256()));
    }
    return files;
  }

  private static void add(
      List<Difference> all, String kind, Map<String, String> left, Map<String, String> right) {
    TreeSet<String> names = new TreeSet<>(left.keySet());
    names.addAll(right.keySet());
    for (String name : names) {
      if (!Objects.equals(left.get(name), right.get(name))) {
        all.add(new Difference(kind, name, left.get(name), right.get(name)));
      }
    }
  }
}
