package io.tidemill.model.importing.archive;

import static io.tidemill.model.importing.archive.Archives.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.importing.archive.Archives.TarAuthor;
import io.tidemill.model.importing.archive.Archives.ZipAuthor;
import io.tidemill.model.store.ByteSize;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.tar.TarUtils;
import org.apache.commons.compress.archivers.zip.UnixStat;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.io.file.PathUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelArchiveTest {
  private static final int KIND_AT = 156;
  private static final byte[] EVIL = "evil".getBytes(StandardCharsets.UTF_8);
  private static final ArchiveLimits SMALL =
      new ArchiveLimits(new ByteSize(3000), new ByteSize(2000), 5, 100);

  @TempDir Path directory;

  private static Stream<Arguments> badNames() {
    return Stream.of(
        Arguments.of("../evil", "'..' among the names"),
        Arguments.of("a/../../evil", "'..' among the names"),
        Arguments.of("a/./evil", "'.' among the names"),
        Arguments.of("a//evil", "'' among the names"),
        Arguments.of("/tmp/evil", "an absolute path"),
        Arguments.of(".//evil", "an absolute path"),
        Arguments.of("C:evil", "a colon"),
        Arguments.of("..\\evil", "a backslash"),
        Arguments.of("a\\..\\..\\evil", "a backslash"),
        Arguments.of("%2e%2e/evil", "encoded separator"),
        Arguments.of("..%2fevil", "encoded separator"),
        Arguments.of("..%5Cevil", "encoded separator"),
        Arguments.of("..\uFF0Fevil", "looks like a separator"),
        Arguments.of("\uFF0E\uFF0E/evil", "looks like a separator"),
        Arguments.of("\u2025/evil", "looks like a separator"),
        Arguments.of("..\u2215evil", "looks like a separator"),
        Arguments.of("..\uFF3Cevil", "looks like a separator"),
        Arguments.of("a\u0007evil", "a control character"),
        Arguments.of("a".repeat(256), "a name of more than 255 bytes"),
        Arguments.of("ab/".repeat(400) + "evil", "a path of more than 1024 bytes"),
        Arguments.of("a/".repeat(32) + "evil", "a path of more than 32 names"));
  }

  @ParameterizedTest
  @MethodSource("badNames")
  void refusesNamesInATar(String name, String reason) throws IOException {
    refuses(Archives.tar(directory.resolve("a.tar"), tar -> put(tar, name, EVIL)), reason);
  }

  private static Stream<Arguments> badNamesWithoutBackslash() {
    // The writer of the test would make slashes of them.
    return badNames().filter(name -> String.valueOf(name.get()[0]).indexOf('\\') < 0);
  }

  @ParameterizedTest
  @MethodSource("badNamesWithoutBackslash")
  void refusesNamesInAZip(String name, String reason) throws IOException {
    refuses(Archives.zip(directory.resolve("a.zip"), zip -> put(zip, name, EVIL)), reason);
  }

  private static Stream<Arguments> badTars() {
    return Stream.of(
        tar("a symbolic link", tar -> Archives.special(tar, "a", TarConstants.LF_SYMLINK, "..")),
        tar("a hard link", tar -> Archives.special(tar, "a", TarConstants.LF_LINK, "/etc/hosts")),
        tar("a device", tar -> Archives.special(tar, "a", TarConstants.LF_CHR, "")),
        tar("a device", tar -> Archives.special(tar, "a", TarConstants.LF_BLK, "")),
        tar("a pipe", tar -> Archives.special(tar, "a", TarConstants.LF_FIFO, "")),
        tar(
            "neither a file nor a folder",
            tar -> Archives.special(tar, "a", TarConstants.LF_CONTIG, "")),
        tar(
            "a symbolic link",
            tar -> {
              Archives.special(tar, "a", TarConstants.LF_SYMLINK, "/tmp");
              put(tar, "a/evil", EVIL);
            }),
        tar(
            "twice in the archive",
            tar -> {
              put(tar, "a/b", EVIL);
              put(tar, "a/b", EVIL);
            }),
        tar(
            "the same name as 'a'",
            tar -> {
              put(tar, "a/b", EVIL);
              put(tar, "A/c", EVIL);
            }),
        tar(
            "the same name as 'caf\u00e9'",
            tar -> {
              put(tar, "caf\u00e9", EVIL);
              put(tar, "cafe\u0301", EVIL);
            }),
        tar(
            "'a' is a file and a folder",
            tar -> {
              put(tar, "a", EVIL);
              put(tar, "a/b", EVIL);
            }),
        tar(
            "a size of 4 bytes",
            tar -> {
              TarArchiveEntry folder = new TarArchiveEntry("a/");
              folder.setSize(4);
              tar.putArchiveEntry(folder);
              tar.closeArchiveEntry();
            }),
        tar("more than 2 KiB", tar -> put(tar, "a", new byte[2001])),
        tar(
            "unpacks to more than 2.9 KiB",
            tar -> {
              put(tar, "a", new byte[1999]);
              put(tar, "b", new byte[1999]);
            }),
        tar(
            "more than 5 entries",
            tar -> {
              for (int i = 0; i < 6; i++) {
                put(tar, "a" + i, EVIL);
              }
            }));
  }

  private static Arguments tar(String reason, TarAuthor author) {
    return Arguments.of(reason, author);
  }

  @ParameterizedTest
  @MethodSource("badTars")
  void refusesEntriesOfATar(String reason, TarAuthor author) throws IOException {
    refuses(Archives.tar(directory.resolve("a.tar"), author), reason);
  }

  @ParameterizedTest
  @MethodSource("badTars")
  void refusesEntriesOfACompressedTar(String reason, TarAuthor author) throws IOException {
    refuses(Archives.tarGz(directory.resolve("a.tar.gz"), author), reason);
  }

  private static Stream<Arguments> badZips() {
    return Stream.of(
        zip("a symbolic link", zip -> put(zip, unix("a", UnixStat.LINK_FLAG | 0777), EVIL)),
        zip("neither a file nor a folder", zip -> put(zip, unix("a", 0010644), EVIL)),
        zip(
            "twice in the archive",
            zip -> {
              put(zip, "a/b", EVIL);
              put(zip, "a/b", EVIL);
            }),
        zip(
            "the same name as 'a/b'",
            zip -> {
              put(zip, "a/b", EVIL);
              put(zip, "a/B", EVIL);
            }),
        zip("more than 2 KiB", zip -> put(zip, "a", new byte[2001])),
        zip(
            "unpacks to more than 2.9 KiB",
            zip -> {
              put(zip, "a", new byte[1999]);
              put(zip, "b", new byte[1999]);
            }),
        zip(
            "more than 5 entries",
            zip -> {
              for (int i = 0; i < 6; i++) {
                put(zip, "a" + i, EVIL);
              }
            }));
  }

  private static Arguments zip(String reason, ZipAuthor author) {
    return Arguments.of(reason, author);
  }

  private static ZipArchiveEntry unix(String name, int mode) {
    ZipArchiveEntry entry = new ZipArchiveEntry(name);
    entry.setUnixMode(mode);
    return entry;
  }

  @ParameterizedTest
  @MethodSource("badZips")
  void refusesEntriesOfAZip(String reason, ZipAuthor author) throws IOException {
    refuses(Archives.zip(directory.resolve("a.zip"), author), reason);
  }

  @Test
  void refusesABackslashInAZip() throws IOException {
    Path archive = Archives.zip(directory.resolve("a.zip"), zip -> put(zip, "..#evil", EVIL));
    byte[] bytes = Files.readAllBytes(archive);
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = bytes[i] == '#' ? (byte) '\\' : bytes[i];
    }
    Files.write(archive, bytes);

    refuses(archive, "a backslash in the name");
  }

  @Test
  void refusesAnAbsolutePathInAnAttribute() throws IOException {
    Path archive =
        Archives.tar(
            directory.resolve("a.tar"),
            tar -> {
              put(tar, "first", EVIL);
              Archives.attribute(tar, "comment", "harmless");
              Archives.special(tar, "././@LongLink", TarConstants.LF_GNUTYPE_LONGLINK, "");
              Archives.attribute(tar, "path", "/tmp/evil");
              put(tar, "second", EVIL);
            });

    refuses(archive, "an absolute path");
  }

  @Test
  void refusesAnAbsolutePathThatIsLong() throws IOException {
    String name = "/tmp/" + "evil".repeat(50);

    refuses(
        Archives.tar(directory.resolve("posix.tar"), tar -> put(tar, name, EVIL)),
        "an absolute path");
    refuses(
        Archives.tarGz(directory.resolve("gnu.tar.gz"), tar -> put(tar, name, EVIL)),
        "an absolute path");
  }

  @Test
  void refusesANulInAName() throws IOException {
    Path archive = Archives.zip(directory.resolve("a.zip"), zip -> put(zip, "a\0evil", EVIL));

    refuses(archive, "a control character");
  }

  @Test
  void refusesWhatUnpacksToFarMoreThanItIs() throws IOException {
    byte[] zeros = new byte[20 << 20];
    Path tarGz = Archives.tarGz(directory.resolve("a.tar.gz"), tar -> put(tar, "a", zeros));
    Path zip = Archives.zip(directory.resolve("a.zip"), out -> put(out, "a", zeros));

    refuses(tarGz, ArchiveLimits.DEFAULT, "unpacks to more than 100 times its size");
    refuses(zip, ArchiveLimits.DEFAULT, "unpacks to more than 100 times its size");
  }

  @Test
  void refusesAHeaderThatIsABombItself() throws IOException {
    Path archive =
        Archives.tarGz(
            directory.resolve("a.tar.gz"),
            tar -> {
              TarArchiveEntry name =
                  new TarArchiveEntry(TarConstants.GNU_LONGLINK, TarConstants.LF_GNUTYPE_LONGNAME);
              name.setSize(8 << 20);
              tar.putArchiveEntry(name);
              byte[] letters = new byte[8 << 20];
              Arrays.fill(letters, (byte) 'a');
              tar.write(letters);
              tar.closeArchiveEntry();
              put(tar, "a", EVIL);
            });

    refuses(archive, "a header that is too large");
  }

  @Test
  void refusesAnArchiveThatIsCutOff() throws IOException {
    byte[] whole =
        Files.readAllBytes(
            Archives.tarGz(
                directory.resolve("a.tar.gz"),
                tar -> put(tar, "a", "content".repeat(99).getBytes(StandardCharsets.UTF_8))));
    Path half = Files.write(directory.resolve("b.tar.gz"), Arrays.copyOf(whole, whole.length / 2));

    refuses(half, "cannot be unpacked");
  }

  private static byte[] tarOf(Path file) throws IOException {
    return Files.readAllBytes(
        Archives.tar(
            file,
            tar -> {
              put(tar, "model.onnx", "the model".repeat(99).getBytes(StandardCharsets.UTF_8));
              put(tar, "weights", EVIL);
            }));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 124})
  void refusesATarWhoseHeaderWasChanged(int at) throws IOException {
    Path archive = directory.resolve("a.tar");
    byte[] bytes = tarOf(archive);
    bytes[at] ^= 1;
    Files.write(archive, bytes);

    refuses(archive, "a header of another checksum");
  }

  @ParameterizedTest
  @ValueSource(ints = {600, 1024, 1536, 1540, 2048, 2560})
  void refusesATarThatIsCutOffWhereverItIs(int length) throws IOException {
    Path archive = directory.resolve("a.tar");
    Files.write(archive, Arrays.copyOf(tarOf(archive), length));

    refuses(archive, "cannot be unpacked");
  }

  @Test
  void refusesATarWithSomethingAfterItsEnd() throws IOException {
    Path archive = directory.resolve("a.tar");
    byte[] bytes = tarOf(archive);
    bytes[bytes.length - 1] = 1;
    Files.write(archive, bytes);

    refuses(archive, "something after its end");
  }

  @Test
  void refusesACompressedTarOfAnotherChecksum() throws IOException {
    Path archive = Archives.tarGz(directory.resolve("a.tar.gz"), tar -> put(tar, "a", EVIL));
    byte[] bytes = Files.readAllBytes(archive);
    bytes[bytes.length - 8] ^= 1;
    Files.write(archive, bytes);

    refuses(archive, "cannot be unpacked");
  }

  @ParameterizedTest
  @ValueSource(ints = {ZipEntry.STORED, ZipEntry.DEFLATED})
  void refusesAZipOfAnotherChecksum(int method) throws IOException {
    byte[] content = "the model".getBytes(StandardCharsets.UTF_8);
    Path archive =
        Archives.zip(
            directory.resolve("a.zip"),
            zip -> {
              zip.setMethod(method);
              ZipArchiveEntry entry = new ZipArchiveEntry("model.onnx");
              CRC32 crc = new CRC32();
              crc.update(content);
              entry.setSize(content.length);
              entry.setCrc(crc.getValue());
              put(zip, entry, content);
            });
    byte[] bytes = Files.readAllBytes(archive);
    bytes[directoryOf(bytes) + 16] ^= 1;
    Files.write(archive, bytes);

    refuses(archive, "'model.onnx'");
  }

  @Test
  void refusesAZipOfAnotherSize() throws IOException {
    Path archive = Archives.zip(directory.resolve("a.zip"), zip -> put(zip, "model.onnx", EVIL));
    byte[] bytes = Files.readAllBytes(archive);
    bytes[directoryOf(bytes) + 24]++;
    Files.write(archive, bytes);

    refuses(archive, "4 bytes (expected: 5)");
  }

  /** Where the directory of a zip begins. */
  private static int directoryOf(byte[] zip) {
    return new String(zip, StandardCharsets.ISO_8859_1).indexOf("PK\u0001\u0002");
  }

  @Test
  void refusesANameForAllEntries() throws IOException {
    Path archive =
        Archives.tar(
            directory.resolve("a.tar"),
            tar -> {
              Archives.attribute(tar, "path", "b");
              put(tar, "a", EVIL);
            });
    byte[] bytes = Files.readAllBytes(archive);
    // Commons Compress writes no such attributes.
    bytes[KIND_AT] = TarConstants.LF_PAX_GLOBAL_EXTENDED_HEADER;
    int sum = TarConstants.CHKSUM_OFFSET;
    Arrays.fill(bytes, sum, sum + TarConstants.CHKSUMLEN, (byte) ' ');
    TarUtils.formatCheckSumOctalBytes(
        TarUtils.computeCheckSum(Arrays.copyOf(bytes, TarConstants.DEFAULT_RCDSIZE)),
        bytes,
        sum,
        TarConstants.CHKSUMLEN);
    Files.write(archive, bytes);

    refuses(archive, "a name or a size for all entries");
  }

  @Test
  void namesEveryArchiveThatIsMalformed() throws IOException {
    Random random = new Random(7);
    List<Path> whole =
        List.of(
            Archives.tar(directory.resolve("a.tar"), tar -> put(tar, "a", EVIL)),
            Archives.tarGz(directory.resolve("a.tar.gz"), tar -> put(tar, "a", EVIL)),
            Archives.zip(directory.resolve("a.zip"), zip -> put(zip, "a", EVIL)));
    Path target = directory.resolve("target");
    for (int i = 0; i < 3_000; i++) {
      Path archive = whole.get(i % whole.size());
      byte[] bytes = Files.readAllBytes(archive);
      byte[] changed = bytes.clone();
      for (int j = random.nextInt(1, 4); j > 0; j--) {
        // Not the first bytes, which say what it is.
        changed[random.nextInt(4, Math.min(bytes.length, 700))] = (byte) random.nextInt(256);
      }
      Files.write(archive, changed);
      Optional<ModelArchive> there = ModelArchive.of(archive);
      if (there.isPresent()) {
        try {
          there.get().unpack(target, SMALL);
          PathUtils.deleteDirectory(target);
        } catch (InvalidModelException refused) {
          assertThat(refused).as("change %d", i).hasMessageContaining(archive.toString());
        }
      }
      Files.write(archive, bytes);
    }
  }

  @Test
  void unpacksFilesAndFoldersOfEveryKindOfArchive() throws IOException {
    TarAuthor author =
        tar -> {
          tar.putArchiveEntry(new TarArchiveEntry("./"));
          tar.closeArchiveEntry();
          put(tar, "./saved_model.pb", EVIL);
          put(tar, "variables/" + "v".repeat(120), new byte[0]);
          put(tar, "Stra\u00dfe", EVIL);
        };
    List<Path> archives =
        List.of(
            Archives.tar(directory.resolve("a.tar"), author),
            Archives.tarGz(directory.resolve("a.tar.gz"), author),
            Archives.zip(
                directory.resolve("a.zip"),
                zip -> {
                  put(zip, "variables/", new byte[0]);
                  put(zip, "saved_model.pb", EVIL);
                  put(zip, "variables/" + "v".repeat(120), new byte[0]);
                  put(zip, "Stra\u00dfe", EVIL);
                }));

    for (Path archive : archives) {
      Path target = directory.resolve("of " + archive.getFileName());
      ModelArchive.of(archive).orElseThrow().unpack(target, SMALL);

      assertThat(tree(target))
          .containsExactly(
              "", "Stra\u00dfe", "saved_model.pb", "variables", "variables/" + "v".repeat(120));
      assertThat(target.resolve("saved_model.pb")).hasBinaryContent(EVIL);
    }
    assertThat(tree(directory)).noneMatch(path -> path.contains(".tidemill"));
  }

  @Test
  void refusesATargetThatIsThere() throws IOException {
    Path archive = Archives.tar(directory.resolve("a.tar"), tar -> put(tar, "a", EVIL));

    ModelArchive there = ModelArchive.of(archive).orElseThrow();

    assertThatThrownBy(() -> there.unpack(directory, SMALL))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a folder that is not there yet");
  }

  @Test
  void knowsThatAFileIsNoArchive() throws IOException {
    assertThat(ModelArchive.of(Files.write(directory.resolve("a.tar"), EVIL))).isEmpty();
  }

  private void refuses(Path archive, String reason) throws IOException {
    refuses(archive, SMALL, reason);
  }

  private void refuses(Path archive, ArchiveLimits limits, String reason) throws IOException {
    Path parent = Files.createDirectories(directory.resolve("x/y"));
    List<String> before = tree(directory);
    ModelArchive there = ModelArchive.of(archive).orElseThrow();

    assertThatThrownBy(() -> there.unpack(parent.resolve("target"), limits))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(reason)
        .hasMessageContaining(archive.toString());

    assertThat(tree(directory)).isEqualTo(before);
    assertThat(Path.of("/tmp/evil")).doesNotExist();
  }

  private static List<String> tree(Path root) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      return new ArrayList<>(paths.map(path -> root.relativize(path).toString()).sorted().toList());
    }
  }
}
