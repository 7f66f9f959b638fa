package io.tidemill.model.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.InvalidModelException;
import org.junit.jupiter.api.Test;

class StorePolicyReadTest {
  private static StorePolicy read(String text) {
    return StorePolicy.read("store.yaml", text);
  }

  @Test
  void readsEveryKey() {
    StorePolicy policy =
        read(
            """
            required-labels: [training-run, git]
            engines: [tensorflow, onnx]
            signatures: required
            keys: [keys/release.pub]
            production-aliases: [production, canary]
            deletion: refused
            """);

    assertThat(policy.requiredLabels()).containsExactly("git", "training-run");
    assertThat(policy.engines()).containsExactly("onnx", "tensorflow");
    assertThat(policy.signaturesRequired()).isTrue();
    assertThat(policy.keys()).containsExactly("keys/release.pub");
    assertThat(policy.isProduction("canary")).isTrue();
    assertThat(policy.isProduction("staging")).isFalse();
    assertThat(policy.deletionRefused()).isTrue();
  }

  @Test
  void whatIsNotSaidIsNotDemanded() {
    assertThat(read("deletion: allowed")).isEqualTo(StorePolicy.NONE);
  }

  @Test
  void everyProblemIsNamedAtOnce() {
    assertThatThrownBy(
            () ->
                read(
                    """
                    required-lables: [git]
                    engines: tensorflow
                    signatures: yes
                    keys: [[]]
                    """))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage(
            """
            store.yaml:1:1: unknown key 'required-lables' of the policy (did you mean 'required-labels'? allowed: required-labels, engines, signatures, keys, production-aliases, deletion)
            store.yaml:2:10: 'engines' of the policy (expected: a list)
            store.yaml:3:13: signatures: 'yes' (expected: required or optional)
            store.yaml:4:8: value of 'keys' (expected: a single value)""");
  }

  @Test
  void signaturesOfNoKeyAreRefused() {
    assertThatThrownBy(() -> read("signatures: required"))
        .hasMessageContaining("store.yaml:1:1: signatures: required without keys (expected: ");
  }

  @Test
  void anAliasThatIsNoNameIsRefused() {
    assertThatThrownBy(() -> read("production-aliases: [Prod!]"))
        .hasMessageContaining("store.yaml:1:1: production alias: 'Prod!' (expected: ");
  }
}
