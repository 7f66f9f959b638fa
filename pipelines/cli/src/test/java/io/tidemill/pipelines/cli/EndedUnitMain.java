package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.unit.Units;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A process that is told to end while it has a unit, and works on for a moment if that is held; or
 * one that is killed.
 */
final class EndedUnitMain {
  static final String HELD = "held";
  static final String KILLED = "killed";
  static final int KILLED_CODE = 9;

  private EndedUnitMain() {}

  public static void main(String[] arguments) {
    Units units = new Units(Map.of());
    Path yaml = units.unit(Path.of(arguments[0])).job().yaml();
    if (arguments[1].equals(KILLED)) {
      Runtime.getRuntime().halt(KILLED_CODE);
    }
    if (!arguments[1].equals(HELD)) {
      System.exit(0);
    }
    CtrlC ctrlC = CtrlC.watch(units);
    new Thread(() -> System.exit(0)).start();
    while (!ctrlC.pressed()) {
      Thread.onSpinWait();
    }
    if (!Files.exists(yaml)) {
      Runtime.getRuntime().halt(1);
    }
    ctrlC.close();
  }
}
