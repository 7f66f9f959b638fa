package io.tidemill.pipelines.cli;

import io.tidemill.model.importing.archive.Archives;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.proto.TensorShapeProto;

/** A folder with a SavedModel, and commands that use a store beside it. */
record ModelFixture(Path directory) {
  /** Writes a SavedModel that has a signature and no graph. */
  static ModelFixture in(Path directory) throws IOException {
    SignatureDef signature =
        SignatureDef.newBuilder()
            .putInputs("features", tensor(-1, 4))
            .putOutputs("score", tensor(-1, 1))
            .build();
    MetaGraphDef.Builder graph =
        MetaGraphDef.newBuilder().putSignatureDef("serving_default", signature);
    graph.getMetaInfoDefBuilder().addTags("serve");
    ModelFixture fixture = new ModelFixture(directory);
    Files.createDirectories(fixture.savedModel());
    Files.write(
        fixture.savedModel().resolve("saved_model.pb"),
        SavedModel.newBuilder().addMetaGraphs(graph).build().toByteArray());
    return fixture;
  }

  private static TensorInfo tensor(long... shape) {
    TensorShapeProto.Builder sizes = TensorShapeProto.newBuilder();
    for (long size : shape) {
      sizes.addDim(TensorShapeProto.Dim.newBuilder().setSize(size));
    }
    return TensorInfo.newBuilder()
        .setName("place:0")
        .setDtype(DataType.DT_FLOAT)
        .setTensorShape(sizes)
        .build();
  }

  /** Writes what is a TorchScript by its names, and nothing that runs. */
  static Path torchScript(Path file) throws IOException {
    return Archives.zip(
        file,
        zip -> {
          Archives.put(zip, "m/data.pkl", new byte[] {1});
          Archives.put(zip, "m/code/__torch__.py", new byte[] {1});
          Archives.put(zip, "m/constants.pkl", new byte[] {1});
        });
  }

  Path savedModel() {
    return directory.resolve("saved");
  }

  Path store() {
    return directory.resolve("store");
  }

  CommandRun push(String ref, String... more) {
    List<String> all = new ArrayList<>(List.of("push", savedModel().toString(), ref));
    all.addAll(Arrays.asList(more));
    return run(all.toArray(new String[0]));
  }

  /** Runs {@code tidemill model} with nobody to ask. */
  CommandRun run(String... arguments) {
    return run(new FakeTerminal(false, ""), arguments);
  }

  CommandRun run(Terminal terminal, String... arguments) {
    List<String> all = new ArrayList<>(List.of("model"));
    all.addAll(Arrays.asList(arguments));
    all.addAll(List.of("--store", store().toString()));
    return CommandRun.of(Map.of(), terminal, all.toArray(new String[0]));
  }
}
