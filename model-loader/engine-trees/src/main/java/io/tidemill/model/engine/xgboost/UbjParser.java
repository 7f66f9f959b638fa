package io.tidemill.model.engine.xgboost;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.ObjectCodec;
import com.fasterxml.jackson.core.base.ParserBase;
import com.fasterxml.jackson.core.io.IOContext;
import com.fasterxml.jackson.core.io.JsonEOFException;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads Universal Binary JSON, as far as XGBoost writes it, for whoever reads JSON with Jackson and
 * within the same limits. Unlike XGBoost's own reader, it looks where the file ends.
 *
 * <p>Not thread-safe.
 */
final class UbjParser extends ParserBase {
  /** What is to come in an array that ends with a bracket. */
  private static final long UNKNOWN = -1;

  private static final String TYPES = "UiIlLdD";

  private final DataInputStream in;

  /** How many values are to come in each open array, by its depth. */
  private final long[] rest;

  /** The marker of all values of the innermost array; 0 if each has its own. */
  private int type;

  private String text = "";

  private UbjParser(IOContext context, int features, InputStream in) {
    super(context, features);
    this.in = new DataInputStream(in);
    rest = new long[context.streamReadConstraints().getMaxNestingDepth() + 1];
  }

  /** Makes such parsers where Jackson's would be made. */
  static final class Factory extends JsonFactory {
    private static final long serialVersionUID = 1;

    /** A factory with the limits of another one. */
    Factory(JsonFactory json) {
      super(json, null);
    }

    @Override
    protected JsonParser _createParser(InputStream in, IOContext context) {
      return new UbjParser(context, _parserFeatures, in);
    }
  }

  @Override
  public @Nullable JsonToken nextToken() throws IOException {
    _numTypesValid = NR_UNKNOWN;
    try {
      _currToken = next();
    } catch (EOFException e) {
      throw new JsonEOFException(this, _currToken, "cut off inside a value");
    }
    return _currToken;
  }

  private @Nullable JsonToken next() throws IOException {
    if (_parsingContext.inArray()) {
      return element();
    }
    boolean hasName = _currToken == JsonToken.FIELD_NAME;
    if (_parsingContext.inObject() && !hasName) {
      return name(in.readUnsignedByte());
    }
    return hasName || _currToken == null ? value(in.readUnsignedByte()) : null;
  }

  private JsonToken name(int marker) throws IOException {
    if (marker == '}') {
      return end(JsonToken.END_OBJECT);
    }
    _parsingContext.setCurrentName(text(marker));
    return JsonToken.FIELD_NAME;
  }

  private JsonToken element() throws IOException {
    int depth = _parsingContext.getNestingDepth();
    if (rest[depth] == UNKNOWN) {
      int marker = in.readUnsignedByte();
      return marker == ']' ? end(JsonToken.END_ARRAY) : value(marker);
    }
    if (rest[depth] == 0) {
      return end(JsonToken.END_ARRAY);
    }
    rest[depth]--;
    return value(type == 0 ? in.readUnsignedByte() : type);
  }

  private JsonToken end(JsonToken token) {
    type = 0;
    _parsingContext = _parsingContext.getParent();
    return token;
  }

  private JsonToken value(int marker) throws IOException {
    return switch (marker) {
      case '{' -> {
        createChildObjectContext(0, 0);
        yield JsonToken.START_OBJECT;
      }
      case '[' -> array();
      case 'S' -> {
        text = text(in.readUnsignedByte());
        yield JsonToken.VALUE_STRING;
      }
      case 'Z' -> JsonToken.VALUE_NULL;
      case 'T' -> JsonToken.VALUE_TRUE;
      case 'F' -> JsonToken.VALUE_FALSE;
      case 'd' -> decimal(in.readFloat());
      case 'D' -> decimal(in.readDouble());
      case 'U' -> integer(in.readUnsignedByte());
      case 'i', 'C' -> integer(in.readByte());
      case 'I' -> integer(in.readShort());
      case 'l' -> integer(in.readInt());
      case 'L' -> integer(in.readLong());
      default -> throw unexpected(marker);
    };
  }

  private JsonToken array() throws IOException {
    createChildArrayContext(0, 0);
    int depth = _parsingContext.getNestingDepth();
    rest[depth] = UNKNOWN;
    in.mark(1);
    int marker = in.readUnsignedByte();
    if (marker == '$') {
      type = in.readUnsignedByte();
      if (TYPES.indexOf(type) < 0) {
        throw unexpected(type);
      }
      marker = in.readUnsignedByte();
      if (marker != '#') {
        throw unexpected(marker);
      }
    }
    if (marker == '#') {
      rest[depth] = length(in.readUnsignedByte());
    } else {
      in.reset();
    }
    return JsonToken.START_ARRAY;
  }

  private JsonToken integer(long value) {
    _numberLong = value;
    _numTypesValid = NR_LONG;
    return JsonToken.VALUE_NUMBER_INT;
  }

  private JsonToken decimal(double value) {
    _numberDouble = value;
    _numTypesValid = NR_DOUBLE;
    return JsonToken.VALUE_NUMBER_FLOAT;
  }

  private String text(int marker) throws IOException {
    int length = length(marker);
    streamReadConstraints().validateStringLength(length);
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException();
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private int length(int marker) throws IOException {
    if (marker != 'L') {
      throw unexpected(marker);
    }
    long length = in.readLong();
    if (length < 0 || length > Integer.MAX_VALUE) {
      throw _constructReadException("a length of " + length);
    }
    return (int) length;
  }

  private IOException unexpected(int marker) {
    return _constructReadException("unexpected byte " + marker);
  }

  @Override
  public @Nullable String getText() throws IOException {
    JsonToken token = _currToken;
    if (token == null) {
      return null;
    }
    return switch (token) {
      case FIELD_NAME -> currentName();
      case VALUE_STRING -> text;
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> getNumberValue().toString();
      default -> token.asString();
    };
  }

  @Override
  public char[] getTextCharacters() throws IOException {
    return String.valueOf(getText()).toCharArray();
  }

  @Override
  public int getTextLength() throws IOException {
    return getTextCharacters().length;
  }

  @Override
  public int getTextOffset() {
    return 0;
  }

  @Override
  public @Nullable ObjectCodec getCodec() {
    return null;
  }

  @Override
  public void setCodec(ObjectCodec codec) {}

  @Override
  protected void _closeInput() throws IOException {
    in.close();
  }
}
