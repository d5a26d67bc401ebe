# The image that k8s/base runs: CPU, Linux x64 or arm64.
#
#   docker build -t ingot:0.1.0 .
#   docker run --rm -p 8080:8080 -v "$PWD/models:/models:ro" -v "$PWD/keys:/keys:ro" \
#     -e MODEL_PATH=/models -e API_KEYS_DIR=/keys ingot:0.1.0
#
# No install script runs: the CPU build of ONNX Runtime is inside its package, and its script would fetch CUDA libraries.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && rm -f dist/.tsbuildinfo

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Afterwards without what other platforms would load, and without the compiler that an optional peer brings in.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && arch="$(node -p process.arch)" \
  && find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 -type d ! -path "*/linux/$arch" -exec rm -r {} + \
  && find node_modules/tokenizers -name '*.node' ! -name "tokenizers.linux-$arch-gnu.node" -delete \
  && rm -rf node_modules/typescript node_modules/.bin

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    ORT_DISABLE_TELEMETRY=1
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE README.md ./
USER 10001:10001
EXPOSE 8080 9090
# Alive when the probe is fine, or when the main port asks for credentials; Kubernetes uses its own probes.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s \
  CMD ["node", "-e", "const { MANAGEMENT_PORT: m, PORT: p } = process.env; fetch(`http://127.0.0.1:${m || p || 8080}/health`).then(({ status }) => process.exit(status === 200 || status === 401 ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]
