# A slim image with the command alone, run by a user without rights.
#   docker build -t scalepredict .
#   docker run --rm -v "$PWD:/work" scalepredict fit records.csv
FROM python:3.11-slim AS build
COPY . /source
RUN pip wheel --no-cache-dir --wheel-dir /wheels '/source[plot,parquet]'

FROM python:3.11-slim
COPY --from=build /wheels /wheels
# The version is that of the wheel just built.
# hadolint ignore=DL3013
RUN pip install --no-cache-dir --no-index --find-links /wheels 'scalepredict[plot,parquet]' \
    && rm -rf /wheels \
    && useradd --create-home --uid 1000 scalepredict
USER 1000
WORKDIR /work
ENTRYPOINT ["scalepredict"]
CMD ["--help"]
