package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlainWriterTest {
  private static String written(String text) {
    StringWriter all = new StringWriter();
    PrintWriter out = new PrintWriter(new PlainWriter(all));
    out.print(text);
    out.flush();
    return all.toString();
  }

  @ParameterizedTest
  @CsvSource({
    "001b, red\u001b[31m",
    "0007, bell\u0007s",
    "0008, back\u0008s",
    "009b, c1\u009b31m",
    "202e, turned\u202etxt",
    "2066, isolated\u2066txt",
    "200f, mark\u200ftxt",
  })
  void writesWhatATerminalWouldObeyAsItsCode(String code, String text) {
    assertThat(written(text)).contains("\\u" + code).doesNotContainPattern("[\\p{Cc}\\p{Cf}]");
  }

  @Test
  void letsEverythingElseThrough() {
    String text = "fraud\t1.4.2 é 模型 \ud83d\ude00 …\n";

    assertThat(written(text)).isEqualTo(text);
  }
}
