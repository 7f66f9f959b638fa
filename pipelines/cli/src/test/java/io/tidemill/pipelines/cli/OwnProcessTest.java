package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OwnProcessTest {

  @ParameterizedTest
  @CsvSource({
    "java -cp a MAIN run j --date today, java -Xmx9m -cp a MAIN run --now T j --date today",
    "java -cp a MAIN --debug run -- j, java -Xmx9m -cp a MAIN --debug run --now T -- j",
    "java -cp a MAIN run --now 1h j, java -Xmx9m -cp a MAIN run --now T j",
    "java -cp a MAIN run j --now=1h, java -Xmx9m -cp a MAIN run --now T j",
    "java -cp a MAIN run -- --now=1h, java -Xmx9m -cp a MAIN run --now T -- --now=1h",
  })
  void theMomentIsSaidBehindTheNameOfTheCommandOnce(String own, String again) {
    assertThat(again(own, List.of("--now", "T"))).isEqualTo(again);
  }

  @ParameterizedTest
  @CsvSource({
    "qemu java -cp a MAIN run j",
    "java @options MAIN run j",
    "java -cp a Other run j",
    "java -cp a MAIN @words"
  })
  void wordsThatAreNotThoseOfARunAreLeft(String own) {
    assertThat(again(own, List.of())).isEmpty();
  }

  private static String again(String own, List<String> words) {
    String main = Tidemill.class.getName();
    List<String> is = List.of(own.replace("MAIN", main).split(" "));
    return String.join(" ", OwnProcess.again(is, List.of("-Xmx9m"), words)).replace(main, "MAIN");
  }
}
