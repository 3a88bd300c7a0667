// The default theme with the fonts that every system has: none is loaded.
import Theme from "vitepress/theme-without-fonts";
import "./style.css";

export default Theme;
