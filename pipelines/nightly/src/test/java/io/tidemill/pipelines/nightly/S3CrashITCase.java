package io.tidemill.pipelines.nightly;

import io.tidemill.model.store.S3Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.fs.FileSystem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * On Flink's own S3 file system, for a process that is killed between any two of its requests: in
 * the middle of a move, too. One process of a machine at a time.
 */
@Execution(ExecutionMode.SAME_THREAD)
class S3CrashITCase extends CrashContract {
  private static final String BUCKET = "lake";

  @TempDir private static Path directory;
  private static S3Proxy proxy;
  private static CrashingEndpoint endpoint;

  @BeforeAll
  static void start() throws Exception {
    proxy = S3Proxy.startOn(directory, BUCKET);
    Configuration configuration = proxy.configuration();
    endpoint = new CrashingEndpoint(proxy.endpoint());
    configuration.setString("s3.endpoint", endpoint.address());
    FileSystem.initialize(configuration, null);
  }

  @AfterAll
  static void stop() throws Exception {
    FileSystem.initialize(new Configuration(), null);
    endpoint.close();
    proxy.close();
  }

  @Override
  Storage storage(String name) throws Exception {
    Path folder = Files.createDirectories(directory.resolve(BUCKET).resolve(name));
    return new ObjectStorage(new Nights(folder, "s3://%s/%s/".formatted(BUCKET, name)));
  }

  @Override
  int leastCalls() {
    return 100;
  }

  /** All of them take minutes; these meet each kind of request before, in and after a move. */
  @Override
  int stride() {
    return 23;
  }

  private record ObjectStorage(Nights nights) implements Storage {
    @Override
    public boolean movesAtOnce() {
      return false;
    }

    @Override
    public DatedJob job(Nights job, long calls) {
      endpoint.begin(calls);
      return job.job();
    }

    @Override
    public boolean crashed() {
      return endpoint.crashed();
    }
  }
}
