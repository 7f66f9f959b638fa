package io.tidemill.model.store;

import static io.tidemill.model.store.Drafts.draft;
import static io.tidemill.model.store.Drafts.files;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreUnavailableException;
import org.junit.jupiter.api.Test;

class InMemoryBackendTest extends ModelStoreContract {
  private static final SemanticVersion VERSION = SemanticVersion.parse("1.4.2");

  private final InMemoryBackend backend = new InMemoryBackend();

  @Override
  protected StoreBackend backend() {
    return backend;
  }

  @Test
  void whatAClaimIsHeldForHasADeadline() {
    ModelStore store = new ModelStore(backend);

    store.push(draft("fraud", "1.4.2"), files(folder, "a"));
    store.alias("fraud", "production", VERSION);
    store.removeAlias("fraud", "production");
    store.delete("fraud", VERSION);

    assertThat(backend.unbounded())
        .filteredOn(key -> key.kind() != StoreKey.Kind.CLAIM)
        .containsExactly(StoreKey.aliases("fraud").named("production"));
  }

  @Test
  void whatIsDoneIsDoneThoughItsClaimStaysBehind() {
    StoreClaim claim = new StoreClaim(backend, "fraud", VERSION);

    String answer =
        claim.hold(
            deadline -> {
              backend.down(true);
              return "published";
            });

    assertThat(answer).isEqualTo("published");
    assertThatThrownBy(
            () ->
                claim.hold(
                    deadline -> {
                      throw new AssertionError("the store is down");
                    }))
        .isInstanceOf(StoreUnavailableException.class);
  }
}
