package io.tidemill.model.store.signing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.tidemill.model.InvalidModelException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** JSON of which every part that is read must be there, once, and of its type. */
record Json(JsonNode node) {
  static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  static Json read(String what, String text) {
    try {
      return new Json(MAPPER.readTree(text));
    } catch (JsonProcessingException e) {
      throw new InvalidModelException(what + ": not JSON: " + e.getOriginalMessage(), e);
    }
  }

  /** The text at a pointer such as {@code /predicate/serialization/method}. */
  String text(String pointer) {
    JsonNode there = node.at(pointer);
    if (!there.isTextual()) {
      throw new InvalidModelException(pointer + ": " + form(there) + " (expected: a text)");
    }
    return there.textValue();
  }

  /** Checks the text at a pointer. */
  void require(String pointer, String expected) {
    String there = text(pointer);
    if (!there.equals(expected)) {
      throw new InvalidModelException(
          "%s: '%s' (expected: '%s')".formatted(pointer, there, expected));
    }
  }

  byte[] base64(String pointer) {
    try {
      return Base64.getDecoder().decode(text(pointer));
    } catch (IllegalArgumentException e) {
      throw new InvalidModelException(pointer + ": not base64", e);
    }
  }

  List<Json> list(String pointer) {
    JsonNode there = node.at(pointer);
    if (!there.isArray()) {
      throw new InvalidModelException(pointer + ": " + form(there) + " (expected: a list)");
    }
    List<Json> list = new ArrayList<>();
    there.forEach(one -> list.add(new Json(one)));
    return list;
  }

  /** The only element of a list. */
  Json single(String pointer) {
    List<Json> list = list(pointer);
    if (list.size() != 1) {
      throw new InvalidModelException(pointer + ": " + list.size() + " (expected: 1)");
    }
    return list.get(0);
  }

  private static String form(JsonNode node) {
    return node.isMissingNode() ? "missing" : "a " + node.getNodeType();
  }
}
