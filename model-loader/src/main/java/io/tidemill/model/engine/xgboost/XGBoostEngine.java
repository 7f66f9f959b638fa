package io.tidemill.model.engine.xgboost;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import io.tidemill.model.EngineUnavailableException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;

/**
 * The native library of this process: started once, never stopped.
 *
 * <p>Thread-safe.
 */
final class XGBoostEngine {
  /** The number of threads of one call. */
  static final String THREADS = "tidemill.xgboost.threads";

  private static final String RESOURCE = "/lib/linux/x86_64/libxgboost4j.so";

  /**
   * RTLD_LAZY without RTLD_GLOBAL, which JNA adds unless told otherwise: the library brings a C++
   * runtime of its own, which others, PyTorch's among them, would then mix with theirs.
   */
  private static final Map<String, Object> LOCAL = Map.of(Library.OPTION_OPEN_FLAGS, 1);

  private static boolean started;

  private XGBoostEngine() {}

  /**
   * Starts the engine unless it runs.
   *
   * @throws EngineUnavailableException if its jar is absent or its native library does not run here
   */
  static synchronized void start() {
    if (started) {
      return;
    }
    checkPlatform(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
    File library = unpack(XGBoostEngine.class.getClassLoader());
    try {
      Native.register(XGBoostLibrary.class, NativeLibrary.getInstance(library.getPath(), LOCAL));
      // Mapped by now; a killed process leaves nothing behind.
      Files.deleteIfExists(library.toPath());
      started = true;
    } catch (LinkageError | IOException e) {
      throw new EngineUnavailableException(
          "engine xgboost: its native library does not start: %s (expected: glibc 2.14 or later, and libstdc++.so.6 and libgomp.so.1, which Debian has in packages libstdc++6 and libgomp1)"
              .formatted(e.getMessage()),
          e);
    }
  }

  static File unpack(ClassLoader classes) {
    // Asked for first, because JNA answers with the whole classpath.
    if (classes.getResource(RESOURCE.substring(1)) == null) {
      throw new EngineUnavailableException(
          "engine xgboost: %s is not on the classpath; put the jar of ml.dmlc:xgboost4j_2.12:3.0.4, alone, into Flink's lib folder, or for the command into the folder that TIDEMILL_LIB names"
              .formatted(RESOURCE));
    }
    try {
      return Native.extractFromResourcePath(RESOURCE, classes);
    } catch (IOException e) {
      throw new EngineUnavailableException(
          "engine xgboost: %s cannot be unpacked: %s (expected: room in %s)"
              .formatted(RESOURCE, e.getMessage(), System.getProperty("java.io.tmpdir")),
          e);
    }
  }

  static void checkPlatform(String system, String architecture) {
    boolean known =
        system.equals("Linux") && (architecture.equals("amd64") || architecture.equals("x86_64"));
    if (!known) {
      throw new EngineUnavailableException(
          "engine xgboost: platform %s %s (expected: Linux amd64, the only one that it is run on)"
              .formatted(system, architecture));
    }
  }

  /** Threads of one call, as the process says. */
  static int threads() {
    String text = System.getProperty(THREADS, "1");
    try {
      int threads = Integer.parseInt(text);
      if (threads >= 1) {
        return threads;
      }
    } catch (NumberFormatException notANumber) {
      throw new IllegalArgumentException(
          "-D%s: '%s' (expected: a number >= 1)".formatted(THREADS, text), notANumber);
    }
    throw new IllegalArgumentException("-D%s: %s (expected: >= 1)".formatted(THREADS, text));
  }
}
