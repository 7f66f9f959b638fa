package io.tidemill.model.importing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.importing.archive.ModelExport;
import io.tidemill.model.store.DetachedSignature;
import io.tidemill.model.store.InMemoryBackend;
import io.tidemill.model.store.ModelDraft;
import io.tidemill.model.store.ModelManifest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportTest {
  private static final DetachedSignature SIGNED = new DetachedSignature("ab".repeat(32), "{}");
  private static final String LONG = "assets/" + "n".repeat(120) + "-\u00e9.bin";

  @TempDir Path directory;
  private Path files;
  private ModelManifest manifest;

  @BeforeEach
  void makesAVersion() throws IOException {
    files = Files.createDirectories(directory.resolve("files"));
    Files.createDirectories(files.resolve("assets"));
    Files.writeString(files.resolve("model.onnx"), "the model");
    Files.writeString(files.resolve(LONG), "an asset");
    Signature signature =
        new Signature(
            List.of(TensorSpec.of("a", ElementType.FLOAT32, -1, 4)),
            List.of(TensorSpec.of("b", ElementType.FLOAT32, -1)));
    ModelDraft draft =
        new ModelDraft(
            "fraud", SemanticVersion.parse("1.4.2"), "onnx", signature, Map.of("git", "3f2a91c"));
    manifest = new InMemoryBackend().store().push(draft, files);
  }

  @Test
  void isReadBackWithLabelsSignaturesAndDigest() throws IOException {
    Path tar = directory.resolve("fraud-1.4.2.tar");
    new ModelExport(manifest, files, List.of(SIGNED)).write(tar);

    try (ModelImport imported = ModelImport.open(tar, ImportOptions.NONE)) {
      DetectedModel model = imported.model();
      assertThat(model.name()).isEqualTo("fraud");
      assertThat(model.version()).isEqualTo(manifest.version());
      assertThat(model.labels()).isEqualTo(manifest.labels());
      assertThat(model.signature()).isEqualTo(manifest.signature());
      assertThat(model.signatures()).containsExactly(SIGNED);
      assertThat(model.origin()).isEqualTo(manifest);
      assertThat(model.files().resolve(LONG)).hasContent("an asset");
    }
  }

  @Test
  void hasTheSameBytesWhoeverWritesItAndWhen() throws IOException {
    Path one = directory.resolve("one.tar");
    Path two = directory.resolve("two.tar");
    new ModelExport(manifest, files, List.of(SIGNED)).write(one);
    Files.setLastModifiedTime(files.resolve("model.onnx"), FileTime.fromMillis(1));
    String user = System.setProperty("user.name", "someone-else");
    try {
      new ModelExport(manifest, files, List.of(SIGNED)).write(two);
    } finally {
      System.setProperty("user.name", user);
    }

    assertThat(two).hasSameBinaryContentAs(one);
    assertThat(Files.readString(two, StandardCharsets.ISO_8859_1)).doesNotContain("someone-else");
    assertThat(directory.toFile().list()).containsExactlyInAnyOrder("files", "one.tar", "two.tar");
  }

  @Test
  void isRefusedWhenItsContentWasChanged() throws IOException {
    Path tar = directory.resolve("fraud.tar");
    Files.writeString(files.resolve("model.onnx"), "the edit!");
    new ModelExport(manifest, files, List.of()).write(tar);

    assertThatThrownBy(() -> ModelImport.open(tar, ImportOptions.NONE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("fraud:1.4.2: not what its manifest says: file 'model.onnx': sha256 ")
        .hasMessageEndingWith("; export it once more");
  }
}
