package io.tidemill.dist;

import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.ImageReference;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.JibContainerBuilder;
import com.google.cloud.tools.jib.api.LogEvent;
import com.google.cloud.tools.jib.api.RegistryImage;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;
import com.google.cloud.tools.jib.frontend.CredentialRetrieverFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A runtime image: a base with Flink, and a folder whose tree is put over it. It starts as the base
 * does, as the user that Flink's official images have.
 *
 * <p>Immutable.
 *
 * @param layout a folder that is the image's root
 * @param base a reference to a registry's image, or {@code tar:PATH} of one that was saved
 * @param cache a folder for layers, of which the base's are pulled once
 */
record RuntimeImage(Path layout, String base, Path cache) {
  /** Of Flink's official images, and of every file and folder here but opt: there it may write. */
  static final String USER = "9999:9999";

  /** What says where the layout's folders are; docker/Dockerfile says the same. */
  static final Map<String, String> ENVIRONMENT =
      Map.of(
          // TensorFlow's, by which DJL finds it, and ONNX Runtime's, which knows no variable.
          "TENSORFLOW_LIBRARY_PATH",
          "/opt/tidemill/natives",
          "JAVA_TOOL_OPTIONS",
          "-Dai.djl.offline=true -Donnxruntime.native.path=/opt/tidemill/natives",
          "TIDEMILL_CACHE",
          "/opt/tidemill/cache",
          "TIDEMILL_CLUSTER_LIB",
          "/opt/flink/lib/tidemill",
          "FLINK_CONF_DIR",
          "/opt/flink/conf",
          "FLINK_PLUGINS_DIR",
          "/opt/flink/plugins",
          "PATH",
          "/opt/tidemill/bin:/opt/flink/bin:/opt/java/openjdk/bin:"
              + "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");

  /** Whose opt is in the base, and stays. */
  private static final String ROOT = "0:0";

  private static final String TAR = "tar:";

  /**
   * Makes an image.
   *
   * @param args layout, base, cache, and where the image goes: {@code tar:PATH}, with its name
   *     behind it, or a reference to push it to, with the credentials that Docker's clients have
   */
  public static void main(String... args) throws Exception {
    RuntimeImage image = new RuntimeImage(Path.of(args[0]), args[1], Path.of(args[2]));
    if (args[3].startsWith(TAR)) {
      image.write(Path.of(args[3].substring(TAR.length())), args[4]);
    } else {
      image.push(args[3]);
    }
  }

  /** Writes it as a file that {@code docker load} and {@code podman load} read. */
  void write(Path file, String name) throws Exception {
    make(Containerizer.to(TarImage.at(file).named(name)));
  }

  private void push(String reference) throws Exception {
    make(Containerizer.to(registry(reference)));
  }

  private void make(Containerizer target) throws Exception {
    JibContainerBuilder image =
        base.startsWith(TAR)
            ? Jib.from(TarImage.at(Path.of(base.substring(TAR.length()))))
            : Jib.from(registry(base));
    image
        // What others publish changes seldom: a new version of Tidemill is a small layer.
        .setFileEntriesLayers(
            layer("libraries", path -> !ours(path)), layer("tidemill", RuntimeImage::ours))
        .setEnvironment(ENVIRONMENT)
        .setUser(USER)
        .containerize(
            target
                .setBaseImageLayersCache(cache.resolve("base"))
                .setApplicationLayersCache(cache.resolve("layers"))
                .addEventHandler(LogEvent.class, RuntimeImage::print)
                .setToolName("tidemill"));
  }

  private static boolean ours(Path path) {
    String name = path.getFileName().toString();
    return name.startsWith("tidemill") || !(name.endsWith(".jar") || name.contains(".so"));
  }

  /** Folders are in each layer, as Jib would give to root those that it makes itself. */
  private FileEntriesLayer layer(String name, Predicate<Path> files) throws IOException {
    FileEntriesLayer.Builder layer = FileEntriesLayer.builder().setName(name);
    List<Path> paths;
    try (Stream<Path> walked = Files.walk(layout)) {
      paths = walked.filter(path -> !path.equals(layout)).sorted().toList();
    }
    for (Path path : paths) {
      if (Files.isDirectory(path) || files.test(path)) {
        layer.addEntry(
            path,
            AbsoluteUnixPath.fromPath(Path.of("/").resolve(layout.relativize(path))),
            FilePermissions.fromOctalString(Files.isExecutable(path) ? "755" : "644"),
            FileEntriesLayer.DEFAULT_MODIFICATION_TIME,
            path.equals(layout.resolve("opt")) ? ROOT : USER);
      }
    }
    return layer.build();
  }

  private static RegistryImage registry(String reference) throws Exception {
    ImageReference image = ImageReference.parse(reference);
    CredentialRetrieverFactory credentials =
        CredentialRetrieverFactory.forImage(image, RuntimeImage::print);
    return RegistryImage.named(image)
        .addCredentialRetriever(credentials.dockerConfig())
        .addCredentialRetriever(credentials.wellKnownCredentialHelpers());
  }

  private static void print(LogEvent event) {
    switch (event.getLevel()) {
      case ERROR, WARN, LIFECYCLE -> System.err.println("image: " + event.getMessage());
      case PROGRESS, INFO, DEBUG -> {}
    }
  }
}
