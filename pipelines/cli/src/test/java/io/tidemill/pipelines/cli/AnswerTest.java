package io.tidemill.pipelines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AnswerTest {
  private static final String FULL = "No space left on device";

  @Test
  void answerThatCouldNotBeWrittenFailsTheCommand() {
    assertThat(schema(refusing(FULL))).isEqualTo(ExitCode.FAILED.number());
    assertThat(schema(refusing("Broken pipe"))).isEqualTo(ExitCode.DONE.number());
    assertThat(schema(new ByteArrayOutputStream())).isEqualTo(ExitCode.DONE.number());
  }

  @Test
  void saysWhyItCouldNotBeWritten() {
    StringWriter err = new StringWriter();
    Answer answer = new Answer(refusing(FULL));
    PrintWriter out = new PrintWriter(answer, false, UTF_8);
    out.print("models");
    out.flush();

    assertThat(answer.tellIfLost(new PrintWriter(err))).isTrue();
    assertThat(err.toString().strip())
        .isEqualTo("tidemill: the answer could not be written to stdout: " + FULL);
  }

  @Test
  void doesNotFailARunWhereverItsOptionsStand() {
    assertThat(execute(refusing(FULL), "run", "--debug", "--help"))
        .isEqualTo(ExitCode.DONE.number());
    assertThat(execute(refusing(FULL), "--debug", "run", "--help"))
        .isEqualTo(ExitCode.DONE.number());
  }

  private static int schema(OutputStream stdout) {
    return execute(stdout, "schema");
  }

  private static int execute(OutputStream stdout, String... arguments) {
    return Tidemill.execute(new Caller(Map.of(), new FakeTerminal(false, "")), stdout, arguments);
  }

  private static OutputStream refusing(String reason) {
    return new OutputStream() {
      @Override
      public void write(int one) throws IOException {
        throw new IOException(reason);
      }
    };
  }
}
