FROM debian:13-slim AS build
WORKDIR /src
COPY packages.txt ./
COPY .ci/install-packages .ci/
RUN .ci/install-packages build
COPY . .
RUN cmake --preset release && cmake --build build/release \
 && cmake --install build/release --prefix /usr/local --strip
# The shared libraries' packages, found by asking the binary itself.
RUN ldd /usr/local/bin/ai-gateway /usr/local/lib/ai-gateway/plugins/*.so | awk '/=> \// {print $3}' | sort -u \
 | xargs -n1 readlink -f | xargs dpkg-query -S 2>/dev/null | cut -d: -f1 | sort -u >/runtime-packages

FROM debian:13-slim
COPY packages.txt /tmp/build/
COPY .ci/install-packages /tmp/build/.ci/
COPY --from=build /runtime-packages /tmp/build/
RUN /tmp/build/.ci/install-packages run \
 && apt-get update -qq \
 && xargs -a /tmp/build/runtime-packages env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
 && rm -rf /tmp/build /var/lib/apt/lists/* \
 && useradd --system --create-home --home-dir /var/lib/ai-gateway gateway \
 && install -d -o gateway -g gateway -m 0700 /var/lib/ai-gateway/var
COPY --from=build /usr/local/bin/ai-gateway /usr/local/bin/
COPY --from=build /usr/local/lib/ai-gateway /usr/local/lib/ai-gateway
COPY --from=build /usr/local/share/ai-gateway /usr/local/share/ai-gateway
COPY --from=build /usr/local/etc/ai-gateway /etc/ai-gateway
USER gateway
WORKDIR /var/lib/ai-gateway
VOLUME /var/lib/ai-gateway/var
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD curl -sf -o /dev/null http://localhost:${PORT:-3000}/readyz
ENTRYPOINT ["ai-gateway"]
