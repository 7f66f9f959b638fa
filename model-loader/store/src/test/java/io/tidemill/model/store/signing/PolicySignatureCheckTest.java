package io.tidemill.model.store.signing;

import static io.tidemill.model.store.Drafts.draft;
import static io.tidemill.model.store.Drafts.files;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.StoreRefusedException;
import io.tidemill.model.store.InMemoryModelStore;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.StorePolicy;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicySignatureCheckTest {
  @TempDir Path folder;

  @Test
  void anAliasOfProductionMeansOnlyWhatAKeyOfThePolicySigned() {
    SigningKey key = Keys.generated("secp256r1");
    InMemoryModelStore store = new InMemoryModelStore();
    ModelManifest manifest = store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    store.policy(
        new StorePolicy(
            Set.of(),
            Set.of(),
            true,
            List.of(key.verificationKey().pem()),
            Set.of("production"),
            false));

    assertThatThrownBy(() -> store.alias("fraud", "production", manifest.version()))
        .isInstanceOf(StoreRefusedException.class)
        .hasMessageContaining(
            "fraud:1.4.2: cannot be 'production', because fraud:1.4.2: not signed");
    store.addSignature("fraud", manifest.version(), new ModelSigner(key).sign(manifest));
    store.alias("fraud", "production", manifest.version());

    assertThat(store.aliases("fraud")).isEqualTo(Map.of("production", manifest.version()));
  }
}
