# Gondor in an image of its own: docker build -t gondor . && docker run -p 8600:8600 gondor
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /gondor .
RUN install -d -m 1777 /empty/tmp

# For a Kubernetes cluster, what make image makes without Docker: docker build --target kubernetes -t gondor .
FROM scratch AS kubernetes
COPY --from=build /empty/ /
COPY --from=build /gondor /gondor
ENV PATH=/ HOME=/tmp
USER 10001:10001
ENTRYPOINT ["/gondor"]

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates git python3 python3-venv nodejs npm \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /gondor /usr/local/bin/gondor
VOLUME /var/lib/gondor
EXPOSE 8600
ENTRYPOINT ["gondor"]
CMD ["serve", "--listen", ":8600", "--data", "/var/lib/gondor", "--domain", "localhost", "--engine", "local"]
