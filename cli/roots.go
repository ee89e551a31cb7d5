package cli

// The certificates of public authorities, for where the system has none: Gondor's own
// image. Taken from the module and not from the machine that builds the image, so that
// the image is the same wherever it is made. A system's own certificates, SSL_CERT_FILE
// and SSL_CERT_DIR go before.
import _ "golang.org/x/crypto/x509roots/fallback"
