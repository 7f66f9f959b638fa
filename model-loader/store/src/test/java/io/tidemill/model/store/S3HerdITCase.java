package io.tidemill.model.store;

import static io.tidemill.model.store.Drafts.draft;
import static io.tidemill.model.store.Drafts.files;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.loader.Herd;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.fs.FileSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What an object store gets to do when a cluster starts. All machines share the few connections of
 * one process here, so that there are not as many as before a registry.
 */
@Timeout(value = 900, unit = TimeUnit.SECONDS)
class S3HerdITCase {
  private static final int PROCESSES = 2;
  private static final int MOST_MACHINES = 100;

  /** Fewer than there are machines. */
  private static final int AT_ONCE = 8;

  @TempDir private Path folder;

  @AfterEach
  void forget() {
    FileSystem.initialize(new Configuration(), null);
  }

  @Test
  void everyMachineFetchesOnceWhateverItsProcesses() throws Exception {
    List<Herd.Start> starts = starts(Integer.MAX_VALUE);

    Herd.report("herd-s3", starts);
    assertThat(starts).allSatisfy(start -> assertThat(start.fetches()).isEqualTo(start.machines()));
  }

  @Test
  void startsOutliveAStoreThatWantsThemToSlowDown() throws Exception {
    List<Herd.Start> starts = starts(AT_ONCE);

    Herd.report("herd-slow-s3", starts);
    assertThat(starts).allSatisfy(start -> assertThat(start.fetches()).isEqualTo(start.machines()));
    assertThat(starts.get(starts.size() - 1).passed().refused()).isPositive();
  }

  private List<Herd.Start> starts(int atOnce) throws Exception {
    List<Herd.Start> starts = new ArrayList<>();
    ModelManifest manifest;
    try (S3Proxy proxy = S3Proxy.start(folder, "models");
        StoreFront front =
            new StoreFront(
                URI.create(proxy.endpoint()).getAuthority(), atOnce, StoreFront.Busy.S3)) {
      FileSystem.initialize(proxy.configuration(), null);
      manifest =
          ModelStore.open("s3://models/store").push(draft("fraud", "1.4.2"), files(folder, "a"));
      Configuration fronted = proxy.configuration();
      fronted.setString("s3.endpoint", "http://" + front.host());
      FileSystem.initialize(fronted, null);
      for (int machines : Herd.sizes()) {
        if (machines > MOST_MACHINES) {
          continue;
        }
        starts.add(
            new Herd("s3://models/store", folder)
                .start(machines, PROCESSES, "fraud", manifest.version(), front));
      }
    }
    return starts;
  }
}
