package io.tidemill.model.store.signing;

import static io.tidemill.model.store.Drafts.draft;
import static io.tidemill.model.store.Drafts.files;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.StoreRefusedException;
import io.tidemill.model.store.InMemoryBackend;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.StoreKey;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicySignatureCheckTest {
  @TempDir Path folder;

  @Test
  void anAliasOfProductionMeansOnlyWhatAKeyOfThePolicySigned() {
    SigningKey key = Keys.generated("secp256r1");
    InMemoryBackend backend = new InMemoryBackend();
    ModelStore store = backend.store();
    ModelManifest manifest = store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    String pem = key.verificationKey().pem().strip().replace("\n", "\n  ");
    backend.write(
        new StoreKey(StoreKey.Kind.POLICY, "", "", ""),
        """
        signatures: required
        production-aliases: [production]
        keys:
        - |
          %s
        """
            .formatted(pem));

    assertThatThrownBy(() -> store.alias("fraud", "production", manifest.version()))
        .isInstanceOf(StoreRefusedException.class)
        .hasMessageContaining(
            "fraud:1.4.2: cannot be 'production', because fraud:1.4.2: not signed");
    store.addSignature("fraud", manifest.version(), key.sign(manifest));
    store.alias("fraud", "production", manifest.version());

    assertThat(store.aliases("fraud")).isEqualTo(Map.of("production", manifest.version()));
  }
}
