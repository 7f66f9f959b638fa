package io.tidemill.model.engine.xgboost;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An object of a saved booster and where it stands.
 *
 * <p>Every method throws {@link IOException} for what is missing or of another kind.
 */
final class BoosterObject {
  private final String place;
  private final Map<String, BoosterValue> values;

  private BoosterObject(String place, Map<String, BoosterValue> values) {
    this.place = place;
    this.values = values;
  }

  /** The value that stands at a place. */
  static BoosterObject of(String place, @Nullable BoosterValue value) throws IOException {
    if (value instanceof BoosterValue.Fields fields) {
      return new BoosterObject(place, fields.values());
    }
    throw new IOException(place + ": no object");
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  BoosterObject object(String key) throws IOException {
    return of(place(key), values.get(key));
  }

  /** An array of objects. */
  List<BoosterObject> objects(String key) throws IOException {
    BoosterValue value = values.get(key);
    if (value instanceof BoosterValue.Numbers none && none.integers().length == 0) {
      return List.of();
    }
    if (!(value instanceof BoosterValue.Elements elements)) {
      throw wrong("%s is no array of objects".formatted(key));
    }
    List<BoosterObject> objects = new ArrayList<>();
    for (BoosterValue element : elements.values()) {
      objects.add(of("%s[%d]".formatted(place(key), objects.size()), element));
    }
    return objects;
  }

  String text(String key) throws IOException {
    if (values.get(key) instanceof BoosterValue.Text text) {
      return text.text();
    }
    throw wrong("%s is no text".formatted(key));
  }

  /** A number that XGBoost writes as text, from 0 on; one that is absent has XGBoost's default. */
  int parameter(String key, int absent) throws IOException {
    if (!has(key)) {
      return absent;
    }
    String text = text(key);
    if (!text.matches("[0-9]{1,9}")) {
      throw wrong("%s '%s' (expected: a number)".formatted(key, text));
    }
    return Integer.parseInt(text);
  }

  long integer(String key) throws IOException {
    if (values.get(key) instanceof BoosterValue.Scalar number && number.integral()) {
      return number.integer();
    }
    throw wrong("%s is no integer".formatted(key));
  }

  /** Checks that an array has so many values. */
  void count(String key, int count) throws IOException {
    BoosterValue value = values.get(key);
    boolean fits =
        value instanceof BoosterValue.Numbers numbers
            ? numbers.integers().length == count
            : value instanceof BoosterValue.Elements elements && elements.values().size() == count;
    if (!fits) {
      throw wrong("%s is no array of %d".formatted(key, count));
    }
  }

  /** So many integers. */
  long[] integers(String key, int count) throws IOException {
    count(key, count);
    return integers(key);
  }

  long[] integers(String key) throws IOException {
    if (values.get(key) instanceof BoosterValue.Numbers numbers && numbers.integral()) {
      return numbers.integers();
    }
    throw wrong("%s are no integers".formatted(key));
  }

  private String place(String key) {
    return place + "." + key;
  }

  /** What says that something here is not as it must be. */
  IOException wrong(String what) {
    return new IOException(place + ": " + what);
  }
}
