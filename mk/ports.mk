# make ports      lastack for arm64, 32 bits (armhf), a big-endian machine (s390x) and musl: built, unit tests under qemu-user
ports:
	@tools/deps build ports
	@BUILD_CC="$(BUILD_CC)" tools/ports
.PHONY: ports
