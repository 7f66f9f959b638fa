package io.tidemill.model.store.oci;

import static io.tidemill.model.store.Drafts.draft;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tidemill.model.loader.Herd;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.StoreFront;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a registry gets to do when a cluster starts: {@code docs/scale.md} has the figures of {@code
 * -Dtidemill.test.machines=1,10,100,1000}.
 */
@Timeout(value = 900, unit = TimeUnit.SECONDS)
class RegistryHerdITCase {
  /** Of the caches of a thousand machines this must leave room. */
  private static final int MODEL_BYTES = 256 << 10;

  private static final int PROCESSES = 2;

  /** Fewer than there are machines, in the smallest run too. */
  private static final int AT_ONCE = 8;

  @TempDir private Path folder;

  /** A model of one large file and a small one, read by machines. */
  private Herd.Start start(
      DockerRegistry registry, int machines, int processes, int atOnce, List<Long> modelBytes)
      throws Exception {
    ModelStore own = ModelStore.open("oci://" + registry.host() + "/models");
    ModelManifest manifest =
        own.find("fraud", draft("fraud", "1.4.2").version())
            .orElseGet(() -> own.push(draft("fraud", "1.4.2"), files()));
    modelBytes.add(manifest.bytes());
    try (StoreFront front = new StoreFront(registry.host(), atOnce, StoreFront.Busy.REGISTRY)) {
      return new Herd("oci://" + front.host() + "/models", folder)
          .start(machines, processes, "fraud", manifest.version(), front);
    }
  }

  private Path files() {
    try {
      byte[] weights = new byte[MODEL_BYTES];
      new Random(1).nextBytes(weights);
      Path files = Files.createDirectory(folder.resolve("model"));
      Files.write(files.resolve("weights"), weights);
      Files.writeString(files.resolve("graph"), "graph");
      return files;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private DockerRegistry registry() throws Exception {
    var program = DockerRegistry.program();
    assumeTrue(program.isPresent(), "no 'docker-registry' on the PATH");
    return DockerRegistry.start(program.get(), Files.createDirectory(folder.resolve("r")), false);
  }

  @Test
  void everyMachineFetchesOnceWhateverItsProcesses() throws Exception {
    List<Long> bytes = new ArrayList<>();
    List<Herd.Start> starts = new ArrayList<>();
    try (DockerRegistry registry = registry()) {
      for (int machines : Herd.sizes()) {
        // A thousand clients are what the processors of one machine bear.
        int processes = machines > 100 ? 1 : PROCESSES;
        starts.add(start(registry, machines, processes, Integer.MAX_VALUE, bytes));
      }
    }

    Herd.report("herd-registry", starts);
    for (Herd.Start start : starts) {
      int machines = start.machines();
      assertThat(start.fetches()).isEqualTo(machines);
      assertThat(start.passed().bodyBytes())
          .isBetween(machines * bytes.get(0), machines * (bytes.get(0) + PROCESSES * 8_192L));
    }
  }

  @Test
  void aRegistryThatTakesFewAtOnceServesThemAll() throws Exception {
    List<Herd.Start> starts = new ArrayList<>();
    try (DockerRegistry registry = registry()) {
      for (int machines : Herd.sizes()) {
        starts.add(start(registry, machines, 1, machines < 100 ? 1 : AT_ONCE, new ArrayList<>()));
      }
    }

    Herd.report("herd-busy-registry", starts);
    assertThat(starts).allSatisfy(start -> assertThat(start.fetches()).isEqualTo(start.machines()));
    assertThat(starts.get(starts.size() - 1).passed().refused()).isPositive();
  }
}
