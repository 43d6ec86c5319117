# Gnomon with ProFTPD: not root, no capabilities, and a root file system that may be read-only. See docs/operations.md.
ARG BASE=docker.io/library/node:26-trixie-slim

# The packages are installed apart, so that npm's cache and what only it needs stay out of the image.
FROM ${BASE} AS packages
WORKDIR /opt/gnomon
COPY package.json package-lock.json .npmrc ./
# The image has its own Node, so the one that npm brings is left out; so are the ready-made bundles of ECharts (50 MB), of which
# Gnomon imports the parts.
RUN npm install --no-audit --no-fund --omit=dev \
  && rm -rf node_modules/node-linux-* node_modules/node-darwin-* node_modules/node-win-* node_modules/.bin/node node_modules/echarts/dist

# The console is built with the development packages, of which nothing else comes along.
FROM ${BASE} AS console
WORKDIR /opt/gnomon
COPY package.json package-lock.json .npmrc ./
RUN npm install --no-audit --no-fund
COPY tsconfig.json vite.config.ts ./
COPY src ./src
RUN node_modules/.bin/vite build --logLevel warn

FROM ${BASE}
RUN apt-get update \
  && apt-get install -y --no-install-recommends \
    ca-certificates openssl proftpd-core proftpd-mod-crypto proftpd-mod-vroot tzdata \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log \
  && groupadd --gid 10001 gnomon \
  && useradd --uid 10001 --gid gnomon --no-create-home --home-dir /var/lib/gnomon --shell /usr/sbin/nologin gnomon \
  && install -d -o gnomon -g gnomon -m 0700 /var/lib/gnomon \
  && install -d /etc/gnomon \
  && ln -s /opt/gnomon/bin/gnomon /usr/local/bin/gnomon

WORKDIR /opt/gnomon
COPY --from=packages /opt/gnomon/node_modules ./node_modules
COPY . .
COPY --from=console /opt/gnomon/dist ./dist

ENV NODE_ENV=production \
    GNOMON_DATA=/var/lib/gnomon
USER gnomon
WORKDIR /var/lib/gnomon
VOLUME /var/lib/gnomon
# Syslog over UDP and TCP, RFC 6587 TCP, TLS; FTP and SFTP with passive transfers; console and API.
EXPOSE 514/udp 514/tcp 601/tcp 6514/tcp 5514/udp 5514/tcp 21/tcp 2121/tcp 2222/tcp 50000-50100/tcp 8080/tcp
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["gnomon", "healthcheck"]
ENTRYPOINT ["gnomon"]
CMD ["serve"]
