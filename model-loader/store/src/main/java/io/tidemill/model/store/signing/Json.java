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
final class Json {
  static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Json() {}

  static JsonNode read(String what, String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new InvalidModelException(what + ": not JSON: " + e.getOriginalMessage(), e);
    }
  }

  static String write(JsonNode node) {
    try {
      return MAPPER.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree is always JSON", e);
    }
  }

  /** The text at a pointer such as {@code /predicate/serialization/method}. */
  static String text(JsonNode node, String pointer) {
    JsonNode there = node.at(pointer);
    if (!there.isTextual()) {
      throw new InvalidModelException(pointer + ": " + form(there) + " (expected: a text)");
    }
    return there.textValue();
  }

  /** The text at a pointer, which must be this one. */
  static void require(JsonNode node, String pointer, String expected) {
    String there = text(node, pointer);
    if (!there.equals(expected)) {
      throw new InvalidModelException(
          "%s: '%s' (expected: '%s')".formatted(pointer, there, expected));
    }
  }

  static byte[] base64(JsonNode node, String pointer) {
    try {
      return Base64.getDecoder().decode(text(node, pointer));
    } catch (IllegalArgumentException e) {
      throw new InvalidModelException(pointer + ": not base64", e);
    }
  }

  static List<JsonNode> list(JsonNode node, String pointer) {
    JsonNode there = node.at(pointer);
    if (!there.isArray()) {
      throw new InvalidModelException(pointer + ": " + form(there) + " (expected: a list)");
    }
    List<JsonNode> list = new ArrayList<>();
    there.forEach(list::add);
    return list;
  }

  /** The only element of a list. */
  static JsonNode single(JsonNode node, String pointer) {
    List<JsonNode> list = list(node, pointer);
    if (list.size() != 1) {
      throw new InvalidModelException(pointer + ": " + list.size() + " (expected: 1)");
    }
    return list.get(0);
  }

  private static String form(JsonNode node) {
    return node.isMissingNode() ? "missing" : "a " + node.getNodeType();
  }
}
