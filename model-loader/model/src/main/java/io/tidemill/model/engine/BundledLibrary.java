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
 * An engine's native library that lies in a jar, loaded once in a process.
 *
 * <p>Thread-safe.
 */
public final class BundledLibrary {
  /**
   * RTLD_LAZY without RTLD_GLOBAL, which JNA adds unless told otherwise: the library brings a C++
   * runtime of its own, which others, PyTorch's among them, would then mix with theirs.
   */
  static final Map<String, Object> LOCAL = Map.of(Library.OPTION_OPEN_FLAGS, 1);

  private final String engine;
  private final String resource;
  private final String coordinates;
  private final String glibc;
  private boolean bound;

  /**
   * A library that is loaded when it is first needed.
   *
   * @param engine as it stands in a manifest
   * @param resource the library in its jar, from the root
   * @param coordinates of the jar
   * @param glibc the oldest release that the library runs with
   */
  public BundledLibrary(String engine, String resource, String coordinates, String glibc) {
    this.engine = engine;
    this.resource = resource;
    this.coordinates = coordinates;
    this.glibc = glibc;
  }

  /**
   * Binds the native methods of a class to the library, unless they are.
   *
   * @throws UnavailableHereException if the jar is absent or the library does not run here
   */
  public synchronized void bind(Class<?> methods) {
    if (bound) {
      return;
    }
    NativePlatform.here().require(engine);
    File library = unpack(methods.getClassLoader());
    try {
      Native.register(methods, NativeLibrary.getInstance(library.getPath(), LOCAL));
      // Mapped by now; a killed process leaves nothing behind.
      Files.deleteIfExists(library.toPath());
      bound = true;
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
}
