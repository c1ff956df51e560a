# Mailward in a container: mail on 2525 (SMTP) and 2424 (LMTP), health and metrics on 8025, everything kept under /data.
#   docker build -t mailward .
#   docker run -p 25:2525 -v mailward:/data mailward

FROM node:24.21.0-bookworm-slim AS libraries
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The image brings its Node; node_modules/.bin/node is for machines that do not.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:24.21.0-bookworm-slim
# The two MALLOC lines, as in `npm start`: glibc gives the memory of large mails back instead of keeping it in pieces.
ENV NODE_ENV=production \
    MALLOC_MMAP_THRESHOLD_=32768 \
    MALLOC_TRIM_THRESHOLD_=131072 \
    MAILWARD_DATA=/data \
    MAILWARD_RULES=/app/rules \
    MAILWARD_LISTEN_ADDRESS=0.0.0.0
WORKDIR /app
COPY --from=libraries /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY src ./src
COPY rules ./rules
# Patients' mail: the folder belongs to the one user that reads it.
RUN mkdir --mode=0700 /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 2525 2424 8025
# Node is the first process and takes SIGTERM itself: it drains, then exits.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8025/healthz').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# --no-memory-protection-keys: V8 of Node 24 can end the process when threads come and go on machines with these keys.
# --max-semi-space-size: see src/README.md, memory.
CMD ["node", "--no-memory-protection-keys", "--max-semi-space-size=2", "src/main.ts", "serve"]
