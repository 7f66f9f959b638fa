package io.tidemill.model.engine;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import io.tidemill.model.UnavailableHereException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;

/**
 * An engine's native library that lies in a jar, and the threads that the process gives its calls.
 *
 * <p>Immutable and thread-safe.
 *
 * @param engine as it stands in a manifest and in the names of properties
 * @param resource the library in its jar, from the root
 * @param coordinates of the jar
 * @param glibc the oldest release that the library runs with
 */
public record BundledLibrary(String engine, String resource, String coordinates, String glibc) {
  /**
   * RTLD_LAZY without RTLD_GLOBAL, which JNA adds unless told otherwise: the library brings a C++
   * runtime of its own, which others, PyTorch's among them, would then mix with theirs.
   */
  private static final Map<String, Object> LOCAL = Map.of(Library.OPTION_OPEN_FLAGS, 1);

  /**
   * Binds the native methods of a class to the library; to be done once in a process.
   *
   * @throws UnavailableHereException if the jar is absent or the library does not run here
   */
  public void bind(Class<?> methods) {
    checkPlatform(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
    File library = unpack(methods.getClassLoader());
    try {
      Native.register(methods, NativeLibrary.getInstance(library.getPath(), LOCAL));
      // Mapped by now; a killed process leaves nothing behind.
      Files.deleteIfExists(library.toPath());
    } catch (LinkageError | IOException e) {
      throw new UnavailableHereException(
          "engine %s: its native library does not start: %s (expected: glibc %s or later, and libstdc++.so.6 and libgomp.so.1, which Debian has in packages libstdc++6 and libgomp1)"
              .formatted(engine, e.getMessage(), glibc),
          e);
    }
  }

  /**
   * Unpacks the library into the folder for temporary files.
   *
   * @throws UnavailableHereException if its jar is absent or there is no room
   */
  public File unpack(ClassLoader classes) {
    // Asked for first, because JNA answers with the whole classpath.
    if (classes.getResource(resource.substring(1)) == null) {
      throw new UnavailableHereException(
          "engine %s: %s is not on the classpath; put the jar of %s, alone, into Flink's lib folder, or for the command into the folder that TIDEMILL_LIB names"
              .formatted(engine, resource, coordinates));
    }
    try {
      return Native.extractFromResourcePath(resource, classes);
    } catch (IOException e) {
      throw new UnavailableHereException(
          "engine %s: %s cannot be unpacked: %s (expected: room in %s)"
              .formatted(engine, resource, e.getMessage(), System.getProperty("java.io.tmpdir")),
          e);
    }
  }

  /**
   * Refuses a platform that the library was not run on.
   *
   * @throws UnavailableHereException naming the platform
   */
  public void checkPlatform(String system, String architecture) {
    boolean known =
        system.equals("Linux") && (architecture.equals("amd64") || architecture.equals("x86_64"));
    if (!known) {
      throw new UnavailableHereException(
          "engine %s: platform %s %s (expected: Linux amd64, the only one that it is run on)"
              .formatted(engine, system, architecture));
    }
  }

  /** The property with the number of threads of one call. */
  public String threadsProperty() {
    return "tidemill." + engine + ".threads";
  }

  /**
   * Threads of one call, as the process says, else 1.
   *
   * @throws IllegalArgumentException if the property is not a number of threads
   */
  public int threads() {
    String text = System.getProperty(threadsProperty(), "1");
    try {
      int threads = Integer.parseInt(text);
      if (threads >= 1) {
        return threads;
      }
    } catch (NumberFormatException notANumber) {
      throw new IllegalArgumentException(
          "-D%s: '%s' (expected: a number >= 1)".formatted(threadsProperty(), text), notANumber);
    }
    throw new IllegalArgumentException(
        "-D%s: %s (expected: >= 1)".formatted(threadsProperty(), text));
  }
}
