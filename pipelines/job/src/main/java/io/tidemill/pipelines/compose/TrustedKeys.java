package io.tidemill.pipelines.compose;

import io.tidemill.model.store.signing.VerificationKey;
import io.tidemill.pipelines.definition.VerifyDefinition;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the public keys that a job trusts. */
final class TrustedKeys {
  private TrustedKeys() {}

  /** The keys; none where the job demands no signature, empty where one of them is none. */
  static Optional<List<VerificationKey>> read(VerifyDefinition verify, PlanProblems problems) {
    List<VerificationKey> keys = new ArrayList<>();
    if (!verify.required()) {
      return Optional.of(keys);
    }
    for (Path path : verify.keys()) {
      problems.collect("verify.keys", () -> VerificationKey.read(path)).ifPresent(keys::add);
    }
    return keys.size() == verify.keys().size() ? Optional.of(keys) : Optional.empty();
  }
}
