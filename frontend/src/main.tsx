import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './components/ui/tokens.css';
import './components/ui/base.css';
import { App } from './app/App';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
