package io.tidemill.model.store;

import io.tidemill.model.InvalidModelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.Mark;

/**
 * Everything that is wrong with one YAML file, thrown at once.
 *
 * <p>Not thread-safe.
 */
final class YamlProblems {
  private final String place;
  private final List<String> lines = new ArrayList<>();

  YamlProblems(String place) {
    this.place = place;
  }

  void add(Optional<Mark> where, String problem) {
    String position =
        where.map(mark -> ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1)).orElse("");
    lines.add(place + position + ": " + problem);
  }

  int size() {
    return lines.size();
  }

  InvalidModelException failure() {
    return new InvalidModelException(String.join("\n", lines));
  }
}
