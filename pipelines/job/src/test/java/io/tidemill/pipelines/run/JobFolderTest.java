package io.tidemill.pipelines.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobFolderTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir Path directory;

  private JobFolder folder() {
    return JobFolder.of(directory.resolve("job.yaml"), "fraud");
  }

  /** A process that runs the job until it is asked to stop or, with a second argument, for ever. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] arguments) throws IOException {
      JobFolder folder = JobFolder.of(Path.of(arguments[0]), "fraud");
      try (JobFolder.Lease lease = folder.take("the first").orElseThrow()) {
        System.out.println("holds it");
        while (lease.stopAsked().isEmpty() || arguments.length > 1) {
          Thread.onSpinWait();
        }
        lease.say("ended, savepoint " + lease.stopAsked().orElseThrow());
      }
    }
  }

  private Process holder(String... more) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElseThrow());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Holder.class.getName()));
    command.add(directory.resolve("job.yaml").toString());
    command.addAll(List.of(more));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    assertThat(process.inputReader(StandardCharsets.UTF_8).readLine()).isEqualTo("holds it");
    return process;
  }

  @Test
  void oneRunAtATimeHoldsTheLeaseUntilItIsKilled() throws Exception {
    Process first = holder();

    assertThat(folder().take("the second")).isEmpty();
    assertThat(folder().held()).isTrue();
    assertThat(folder().said()).isEqualTo("the first");

    first.destroyForcibly().waitFor();

    assertThat(folder().held()).isFalse();
    folder().take("the second").orElseThrow().close();
    assertThat(folder().said()).isEqualTo("the second");
  }

  @Test
  void ofManyFirstRunsAtOnceOneHoldsTheLease() throws Exception {
    ExecutorService runs = Executors.newFixedThreadPool(4);
    try {
      for (int round = 0; round < 100; round++) {
        JobFolder folder = JobFolder.of(directory.resolve("job.yaml"), "fraud-" + round);
        CyclicBarrier start = new CyclicBarrier(4);
        Callable<Optional<JobFolder.Lease>> run =
            () -> {
              start.await();
              return folder.take("a run");
            };
        List<JobFolder.Lease> leases = new ArrayList<>();
        for (Future<Optional<JobFolder.Lease>> taken :
            runs.invokeAll(List.of(run, run, run, run))) {
          taken.get().ifPresent(leases::add);
        }
        assertThat(leases).hasSize(1);
        leases.get(0).close();
      }
    } finally {
      runs.shutdown();
    }
  }

  @Test
  void aRunStopsWhenItIsAskedAndSaysWhatItLeft() throws Exception {
    Process run = holder();

    assertThat(folder().stop(true, LIMIT)).isTrue();

    assertThat(folder().said()).isEqualTo("ended, savepoint true");
    assertThat(run.waitFor()).isZero();
  }

  @Test
  void aRunThatDoesNotAnswerIsNotWaitedForLonger() throws Exception {
    Process silent = holder("silent");

    assertThat(folder().stop(false, Duration.ofMillis(300))).isFalse();

    silent.destroyForcibly().waitFor();
  }

  @Test
  void aRunMayBeAskedToStopTwice() throws Exception {
    Process silent = holder("silent");

    try {
      assertThat(folder().stop(false, Duration.ofMillis(300))).isFalse();
      assertThat(folder().stop(true, Duration.ofMillis(300))).isFalse();
      assertThat(directory.resolve(".tidemill/fraud/stop")).hasContent("keep");
    } finally {
      silent.destroyForcibly().waitFor();
    }
  }

  @Test
  void overwritesNothingThatALinkLeadsTo() throws Exception {
    Path precious = Files.writeString(directory.resolve("precious"), "kept");
    Path folder = Files.createDirectories(directory.resolve(".tidemill/fraud"));
    Files.createSymbolicLink(folder.resolve("lease"), precious);

    assertThatThrownBy(() -> folder().take("me")).isInstanceOf(UncheckedIOException.class);

    assertThat(precious).hasContent("kept");
  }

  @Test
  void aStopThatCameTooLateStopsNoLaterRun() throws Exception {
    Path asked = Files.createDirectories(directory.resolve(".tidemill/fraud")).resolve("stop");
    Files.writeString(asked, "");

    try (JobFolder.Lease lease = folder().take("the next").orElseThrow()) {
      assertThat(lease.stopAsked()).isEmpty();
    }
  }

  @Test
  void isForItsOwnerOnly() throws IOException {
    folder().take("me").orElseThrow().close();

    assertThat(Files.getPosixFilePermissions(directory.resolve(".tidemill/fraud")))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));
  }
}
