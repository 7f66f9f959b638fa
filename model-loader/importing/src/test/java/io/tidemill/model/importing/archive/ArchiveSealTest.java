package io.tidemill.model.importing.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.store.DetachedSignature;
import io.tidemill.model.store.ModelDraft;
import io.tidemill.model.store.ModelManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArchiveSealTest {
  @TempDir private Path directory;

  private ModelExport export() throws IOException {
    Path files = Files.createDirectories(directory.resolve("files"));
    Files.writeString(files.resolve("a"), "content");
    TensorSpec tensor = new TensorSpec("x", ElementType.FLOAT32, List.of(-1L));
    ModelDraft draft =
        new ModelDraft(
            "a",
            SemanticVersion.parse("1.0.0"),
            "onnx",
            new Signature(List.of(tensor), List.of(tensor)),
            Map.of());
    return new ModelExport(
        ModelManifest.measured(draft, files, Instant.EPOCH),
        files,
        List.of(new DetachedSignature("0".repeat(64), "{}")));
  }

  private Path sealed() throws IOException {
    Path file = directory.resolve("sealed.tar");
    export().writeSealed(file);
    return file;
  }

  @Test
  void theSameContentIsTheSameBytes() throws IOException {
    byte[] first = Files.readAllBytes(sealed());

    assertThat(sealed()).hasBinaryContent(first);
    assertThat(ArchiveSeal.check(sealed()).sha256()).hasSize(64);
  }

  /** In headers, contents, between them and after them. */
  @Test
  void refusesAnyOtherByte() throws IOException {
    byte[] bytes = Files.readAllBytes(sealed());
    Path other = directory.resolve("other.tar");

    for (int i = 0; i < bytes.length; i++) {
      bytes[i] ^= 1;
      Files.write(other, bytes);
      bytes[i] ^= 1;
      int at = i;
      assertThatThrownBy(() -> ArchiveSeal.check(other))
          .as("byte %d", at)
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("its bytes are not those of its checksum");
    }
  }

  @Test
  void refusesWhatIsCutOffGrownOrWithoutSeal() throws IOException {
    byte[] bytes = Files.readAllBytes(sealed());
    Path other = directory.resolve("other.tar");

    for (int length : List.of(0, 512, bytes.length - 512, bytes.length + 512)) {
      Files.write(other, Arrays.copyOf(bytes, length));
      assertThatThrownBy(() -> ArchiveSeal.check(other))
          .as("%d bytes", length)
          .hasMessageContaining("'" + other + "': not sealed")
          .hasMessageContaining("copy it again");
    }
    export().write(other);
    assertThatThrownBy(() -> ArchiveSeal.check(other)).hasMessageContaining("not sealed");
  }
}
