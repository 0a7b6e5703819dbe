# The program as an image, and the one-shot authority that the cluster of docker-compose.yml takes its certificates from. Invariant: nothing runs as root, nothing is compiled
# or fetched after the build, and the program's own folder is never written. Deliberately absent: settings and secrets, which come from outside.

FROM node:20.20.2-bookworm-slim AS packages
WORKDIR /opt/navledger
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:20.20.2-bookworm-slim AS build
WORKDIR /opt/navledger
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY bin bin
COPY apps apps
COPY libs libs
RUN npm run build
# The launcher compares the build with the sources beside it; in the image there are none.
RUN rm -rf apps libs tsconfig.json tsconfig.build.json package-lock.json \
  && node -e "fs.writeFileSync('dist/.stamp', require('./bin/fingerprint.cjs').fingerprint('.'))"

FROM alpine:3.22.2 AS authority
RUN apk add --no-cache "openssl=~3.5" \
  && install -d -o 1000 -g 1000 -m 700 /authority /nodes /nodes/kurrentdb-1 /nodes/kurrentdb-2 /nodes/kurrentdb-3 \
  && install -d -o 1000 -g 1000 -m 755 /trust
COPY deploy/authority.sh /usr/local/bin/authority
USER 1000:1000
ENTRYPOINT ["sh", "/usr/local/bin/authority"]

FROM node:20.20.2-bookworm-slim AS navledger
LABEL org.opencontainers.image.title="navledger" \
  org.opencontainers.image.description="Event-sourced portfolio ledger for leveraged tokens" \
  org.opencontainers.image.version="0.1.0" \
  org.opencontainers.image.licenses="Apache-2.0"
# A volume that is new takes over the owner of the folder that it is mounted on.
RUN install -d -o 1000 -g 1000 -m 750 /var/lib/navledger /var/lib/navledger/store /var/lib/navledger/replica \
    /var/lib/navledger/access /var/lib/navledger/metrics /var/lib/navledger/trust \
  && ln -s /opt/navledger/bin/navledger /usr/local/bin/navledger
COPY --from=packages /opt/navledger/node_modules /opt/navledger/node_modules
COPY --from=build /opt/navledger/package.json /opt/navledger/
COPY --from=build /opt/navledger/bin /opt/navledger/bin
COPY --from=build /opt/navledger/dist /opt/navledger/dist
COPY LICENSE /opt/navledger/
ENV NODE_ENV=production \
  NAVLEDGER_STORE=sqlite:/var/lib/navledger/store \
  NAVLEDGER_REPLICA=/var/lib/navledger/replica
USER 1000:1000
WORKDIR /var/lib/navledger
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=5m --start-interval=2s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.NAVLEDGER_PORT || 8080) + '/health/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["navledger"]
CMD ["serve"]
