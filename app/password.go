package app

import (
	"fmt"
	"unicode/utf8"

	"golang.org/x/crypto/bcrypt"
)

// The lengths that a password may have.
const (
	MinPasswordLength = 8  // in characters
	MaxPasswordLength = 72 // in bytes: bcrypt reads no more
)

// passwordCost is bcrypt's; one hash takes about 50 ms of CPU.
const passwordCost = 10

// nobodysPassword is the hash of a random secret that was thrown away, of passwordCost.
// Unknown names are checked against it, so that they take as long as known ones.
const nobodysPassword = "$2a$10$QyKj5m1BgbbaTpMbBV3oQ./GRwF.48OSLVZDm9IRXQBTsVFfUvUCu"

// CheckPassword says whether a new password has the right length.
func CheckPassword(password string) error {
	switch length := utf8.RuneCountInString(password); {
	case length == 0:
		return Invalid("password", "is missing; give one of at least %d characters", MinPasswordLength)
	case length < MinPasswordLength:
		return Invalid("password", "has %d characters; use at least %d", length, MinPasswordLength)
	case len(password) > MaxPasswordLength:
		return Invalid("password", "is %d bytes long; use at most %d", len(password), MaxPasswordLength)
	}
	return nil
}

// hashPassword returns the password as the store keeps it. It takes its time: call it
// outside of transactions.
func (a *App) hashPassword(password string) ([]byte, error) {
	hash, err := bcrypt.GenerateFromPassword([]byte(password), a.cost)
	if err != nil {
		return nil, fmt.Errorf("hash a password: %w", err)
	}
	return hash, nil
}

// isPassword reports whether the hash is that of the password. Whatever the password,
// it takes the same time.
func isPassword(hash []byte, password string) bool {
	fits := len(password) <= MaxPasswordLength
	if !fits {
		password = password[:MaxPasswordLength]
	}
	return bcrypt.CompareHashAndPassword(hash, []byte(password)) == nil && fits
}
