package io.tidemill.pipelines.nightly;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.commons.codec.binary.Hex;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * What the predictions of a date are made of: the same files, models and configuration make the
 * same predictions. Immutable.
 *
 * @param configuration a digest over what the job says
 */
public record Basis(List<InputFile> inputs, List<ModelUse> models, String configuration) {
  public Basis {
    inputs = List.copyOf(inputs);
    models = List.copyOf(models);
  }

  /** One digest over all of it. */
  @JsonIgnore
  public String digest() {
    // One after the other, as there may be a million files.
    MessageDigest sha256 = DigestUtils.getSha256Digest();
    inputs.forEach(file -> sha256.update(file.toString().getBytes(UTF_8)));
    models.forEach(model -> sha256.update(model.toString().getBytes(UTF_8)));
    sha256.update(configuration.getBytes(UTF_8));
    return "sha256:" + Hex.encodeHexString(sha256.digest());
  }

  @JsonIgnore
  long bytes() {
    return inputs.stream().mapToLong(InputFile::bytes).sum();
  }

  /** What is another than before, in words; nothing where all is the same. */
  List<String> changesSince(Basis before) {
    List<String> changes = new ArrayList<>();
    if (!inputs.equals(before.inputs)) {
      changes.add(inputChanges(before));
    }
    for (ModelUse model : models) {
      if (!before.models.contains(model)) {
        changes.add("step '%s' has model %s".formatted(model.step(), model.model()));
      }
    }
    if (!configuration.equals(before.configuration) || models.size() < before.models.size()) {
      changes.add("the job has changed");
    }
    return changes;
  }

  private String inputChanges(Basis before) {
    Map<String, InputFile> gone = new HashMap<>();
    before.inputs.forEach(file -> gone.put(file.path(), file));
    int added = 0;
    int changed = 0;
    for (InputFile file : inputs) {
      InputFile old = gone.remove(file.path());
      added += old == null ? 1 : 0;
      changed += old == null || Objects.equals(old, file) ? 0 : 1;
    }
    return "of the input files %d are new, %d have changed and %d are gone"
        .formatted(added, changed, gone.size());
  }
}
