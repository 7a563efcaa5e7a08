// Browsers without modules run only this, and are asked for an upgrade.
document.getElementById("root").style.display = "none";
document.getElementById("old").removeAttribute("hidden");
