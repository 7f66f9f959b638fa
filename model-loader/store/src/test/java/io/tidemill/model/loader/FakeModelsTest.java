package io.tidemill.model.loader;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.FakeModel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import org.junit.jupiter.api.Test;

class FakeModelsTest {
  @Test
  void aSerializedSourceOpensTheSameModelAndCountsItsHandles() throws Exception {
    FakeModel model = FakeModel.ofFeatures(2);

    ModelSource copy = (ModelSource) copied(FakeModels.source(model));

    try (ModelHandle handle = copy.open()) {
      assertThat(handle.model()).isSameAs(model);
      assertThat(model.openHandles()).isEqualTo(1);
    }
    assertThat(model.openHandles()).isZero();
  }

  private static Object copied(Object source) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(source);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      return in.readObject();
    }
  }
}
