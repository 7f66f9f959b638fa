package io.tidemill.inference.operator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProcessMemoryTest {
  /** Prints that of its own JVM. */
  static final class Main {
    private Main() {}

    public static void main(String[] arguments) {
      ProcessMemory memory = ProcessMemory.ofThis();
      System.out.printf(
          "%s %d %d%n", memory.said(), memory.heapBytes() >> 20, memory.directBytes() >> 20);
      System.out.println(memory.machineBytes() >= memory.heapBytes());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "-XX:+UseSerialGC,false",
    "-XX:MaxNewSize=64m,false",
    "-Xmx96m,true 96 96",
    "-XX:MaxRAMPercentage=30,true",
    "-XX:MaxRAM=4g,true 1024",
    "-Xmx96m -XX:MaxDirectMemorySize=64m,true 96 64",
    "-XX:MaxDirectMemorySize=64m,true",
  })
  void tellsWhatAPersonHasSaidFromWhatTheJvmTakes(String options, String told) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(List.of(options.split(" ")));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();

    List<String> lines =
        new String(process.getInputStream().readAllBytes(), UTF_8).lines().toList();

    assertThat(process.waitFor()).isZero();
    assertThat(lines.get(0)).startsWith(told);
    assertThat(lines.get(1)).isEqualTo("true");
  }
}
