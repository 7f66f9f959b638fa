package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class TextTableTest {
  @Test
  void cellStaysInItsLine() {
    TextTable table = new TextTable("CAUSE", "STEP");
    table.add("model\nfake", "score");
    table.add("unfit", "score\r\nunfit  other");
    StringWriter printed = new StringWriter();

    table.print(new PrintWriter(printed));

    assertThat(printed.toString().lines())
        .containsExactly("CAUSE       STEP", "model fake  score", "unfit       score unfit  other");
  }
}
