FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION= DATE= TARGETOS= TARGETARCH=
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -tags timetzdata \
    -ldflags="-s -w -X github.com/benthos-liveperson/benthos-liveperson/plugin/cli.linkedVersion=$VERSION -X github.com/benthos-liveperson/benthos-liveperson/plugin/cli.linkedDate=$DATE" \
    -o /out/benthos-liveperson ./cmd/benthos-liveperson
RUN mkdir -p /out/data && .ci/licenses --texts >/out/THIRD_PARTY_LICENSES.txt

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/benthos-liveperson /benthos-liveperson
COPY --from=build --chown=65534:65534 /out/data /data
COPY --from=build /out/THIRD_PARTY_LICENSES.txt /src/LICENSE /src/NOTICE /licenses/
COPY config /config
COPY bloblang /bloblang
# Nobody: no rights, no home, no shell.
USER 65534:65534
ENV DEAD_LETTER_FILE=/data/dead-letters.jsonl
VOLUME /data
# Benthos' own server (/ready, /metrics, and in streams mode the configs with their secrets) listens on the container's
# loopback, so no port is exposed. HTTP_ADDRESS opens it to probes: docs/operations.md has what to mind.
ENTRYPOINT ["/benthos-liveperson"]
CMD ["run", "/config/retail.yaml"]
