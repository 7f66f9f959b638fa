package io.tidemill.pipelines.run;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.io.network.netty.InboundChannelHandlerFactory;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelFutureListener;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelHandler;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelHandlerContext;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelInboundHandlerAdapter;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.DefaultFullHttpResponse;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpHeaderNames;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpHeaders;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpRequest;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpResponseStatus;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpVersion;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.QueryStringDecoder;
import org.apache.flink.shaded.netty4.io.netty.util.ReferenceCountUtil;

/**
 * Lets no page of the web into the REST server of embedded Flink. A browser on this machine reaches
 * it, and so does every page that the browser shows: without this, a picture whose address is
 * {@code /jobs/<id>/yarn-cancel} ends a job. Programs, which send none of a browser's headers, are
 * let in.
 *
 * <p>Flink finds it through {@code ServiceLoader}, on a cluster too, where it does nothing.
 *
 * <p>Stateless and thread-safe.
 */
public final class OwnPagesOnly implements InboundChannelHandlerFactory {
  /** Whether it does anything. */
  static final ConfigOption<Boolean> ENABLED =
      ConfigOptions.key("tidemill.own-pages-only").booleanType().defaultValue(false);

  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost", "[::1]");
  private static final Set<String> OWN_SITES = Set.of("same-origin", "none");

  /** For Flink. */
  public OwnPagesOnly() {}

  @Override
  public int priority() {
    return 0;
  }

  @Override
  public Optional<ChannelHandler> createHandler(
      Configuration configuration, Map<String, String> responseHeaders) {
    return configuration.get(ENABLED) ? Optional.of(new Gate()) : Optional.empty();
  }

  private static final class Gate extends ChannelInboundHandlerAdapter {
    // Nobody waits for the answer to a page that is not let in.
    @SuppressWarnings("FutureReturnValueIgnored")
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof HttpRequest request && !isOwn(request)) {
        ReferenceCountUtil.release(message);
        context
            .writeAndFlush(
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.FORBIDDEN))
            .addListener(ChannelFutureListener.CLOSE);
      } else {
        context.fireChannelRead(message);
      }
    }

    private static boolean isOwn(HttpRequest request) {
      HttpHeaders headers = request.headers();
      String host = headers.get(HttpHeaderNames.HOST, "");
      String origin = headers.get(HttpHeaderNames.ORIGIN, "http://" + host);
      return LOOPBACK.contains(host.replaceFirst(":\\d+$", ""))
          && origin.equals("http://" + host)
          && OWN_SITES.contains(headers.get("Sec-Fetch-Site", "none"))
          && !changesByGet(request.uri());
    }

    /** Old browsers do not say where a picture's address comes from. */
    private static boolean changesByGet(String uri) {
      try {
        // Flink decodes a path twice, and drops what follows a '?' of the first decoding.
        String path = QueryStringDecoder.decodeComponent(new QueryStringDecoder(uri).path());
        return path.contains("/yarn-cancel") || path.contains("/yarn-stop");
      } catch (IllegalArgumentException malformed) {
        return true;
      }
    }
  }
}
