# Every target does its own set-up; a second call spends less than three seconds on it.
.PHONY: help setup run demo test lint bench screenshots

help: ## Show this list.
	@sed -n 's/^\([a-z]*\): ## /\1\t/p' Makefile | expand -t 14

setup: ## Install what building needs, and build the window's pages.
	@scripts/setup

run: ## Build Hoofbeat and record into data/; with a display, show the tray icon and the window.
	@scripts/run

demo: ## See it at work without a GPU: a scripted evening, recorded into data/demo.
	@scripts/demo

test: ## Every check and every test, those on a virtual desktop included.
	@scripts/test

lint: ## Only the checks of formatting and style.
	@scripts/lint

bench: ## Measure what Hoofbeat costs; prints the table that README quotes.
	@scripts/bench

screenshots: ## Take the pictures of docs/ from the running product.
	@scripts/screenshots
