# Two images: `docker build .` makes benthos-liveperson, `docker build --target connect-liveperson .` makes
# connect-liveperson. GO_IMAGE is the image that builds them, and the image's label says which it was. Its Go must not be older
# than go.mod asks for, because it does not download another one.
ARG GO_IMAGE=golang:1.26.6@sha256:640a234f4bea3e399c056b7b8f9c667c4939befae8db2f14e9785e16eccd4205

FROM --platform=$BUILDPLATFORM $GO_IMAGE AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION= DATE= TARGETOS= TARGETARCH=
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -tags timetzdata \
    -ldflags="-s -w -X github.com/benthos-liveperson/benthos-liveperson/plugin/cli.linkedVersion=$VERSION -X github.com/benthos-liveperson/benthos-liveperson/plugin/cli.linkedDate=$DATE" \
    -o /out/benthos-liveperson ./cmd/benthos-liveperson
RUN mkdir -p /out/data && .ci/licenses --texts >/out/THIRD_PARTY_LICENSES.txt

FROM build AS build-connect
ARG VERSION= DATE= TARGETOS= TARGETARCH=
RUN GOOS=$TARGETOS GOARCH=$TARGETARCH cmd/connect-liveperson/build \
    -ldflags="-s -w -X github.com/benthos-liveperson/benthos-liveperson/plugin/cli.linkedVersion=$VERSION -X github.com/benthos-liveperson/benthos-liveperson/plugin/cli.linkedDate=$DATE" \
    -o /out/connect-liveperson
RUN .ci/licenses --texts connect >/out/THIRD_PARTY_LICENSES.txt

FROM scratch AS connect-liveperson
ARG VERSION= DATE= GO_IMAGE
COPY --from=build-connect /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build-connect /out/connect-liveperson /connect-liveperson
COPY --from=build-connect --chown=65534:65534 /out/data /data
COPY --from=build-connect /out/THIRD_PARTY_LICENSES.txt /src/LICENSE /src/NOTICE /licenses/
COPY config /config
COPY bloblang /bloblang
# Nobody: no rights, no home, no shell.
USER 65534:65534
ENV DEAD_LETTER_FILE=/data/dead-letters.jsonl
VOLUME /data
# Benthos' own server (/ready, /metrics, and in streams mode the configs with their secrets) listens on the container's
# loopback, so no port is exposed. HTTP_ADDRESS opens it to probes: docs/operations.md has what to mind.
HEALTHCHECK --start-period=10s CMD ["/connect-liveperson", "health"]
LABEL org.opencontainers.image.title="connect-liveperson" \
      org.opencontainers.image.description="Benthos with LivePerson components and components of Redpanda Connect" \
      org.opencontainers.image.source="https://github.com/benthos-liveperson/benthos-liveperson" \
      org.opencontainers.image.documentation="https://github.com/benthos-liveperson/benthos-liveperson/tree/main/docs" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.created="$DATE" \
      org.opencontainers.image.base.name="scratch" \
      liveperson.build.image="$GO_IMAGE"
ENTRYPOINT ["/connect-liveperson"]
CMD ["run", "/config/scale-out/kafka.yaml"]

FROM scratch AS benthos-liveperson
ARG VERSION= DATE= GO_IMAGE
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/benthos-liveperson /benthos-liveperson
COPY --from=build --chown=65534:65534 /out/data /data
COPY --from=build /out/THIRD_PARTY_LICENSES.txt /src/LICENSE /src/NOTICE /licenses/
COPY config /config
COPY bloblang /bloblang
# Nobody: no rights, no home, no shell.
USER 65534:65534
ENV DEAD_LETTER_FILE=/data/dead-letters.jsonl EVENTS_FILE=/dev/stdin
VOLUME /data
# Benthos' own server (/ready, /metrics, and in streams mode the configs with their secrets) listens on the container's
# loopback, so no port is exposed. HTTP_ADDRESS opens it to probes: docs/operations.md has what to mind.
HEALTHCHECK --start-period=10s CMD ["/benthos-liveperson", "health"]
LABEL org.opencontainers.image.title="benthos-liveperson" \
      org.opencontainers.image.description="Benthos with LivePerson components" \
      org.opencontainers.image.source="https://github.com/benthos-liveperson/benthos-liveperson" \
      org.opencontainers.image.documentation="https://github.com/benthos-liveperson/benthos-liveperson/tree/main/docs" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.created="$DATE" \
      org.opencontainers.image.base.name="scratch" \
      liveperson.build.image="$GO_IMAGE"
ENTRYPOINT ["/benthos-liveperson"]
CMD ["run", "/config/retail.yaml"]
